// Start and end of speech, out of the verdicts on single frames. Knows no audio, only frames by number; listener.h keeps
// the sound. All time is media time.
//
//            onset: 3 voiced of 4 (5 of 6 while we play)
//   quiet ------------------------------------------------> talking
//         <------------------------------------------------
//            200 ms without solid speech
//
//   Over it, while listening, an utterance: begins with talking that began within the pre-roll, ends after the
//   question's own delay, is cut at its greatest length, is discarded if hardly any of it was voiced.
//
//            onset            a pause, enough was voiced            end of speech, or cut
//   none ---------> going on ---------------------------> paused ------------------------> none: ended
//         <--------          <---------------------------
//          discarded, ended   solid speech again: resumed
//
//   A pause that was told is followed by one of resumed, ended and discarded, or by whoever listens: Listen (the pause
//   is told anew under its settings), StopListening, DiscardSpeech.
#ifndef TRUNKLINE_DSP_ENDPOINTER_H_
#define TRUNKLINE_DSP_ENDPOINTER_H_

#include <cstddef>
#include <cstdint>

#include "dsp/frame_classifier.h"

namespace trunkline {

inline constexpr uint32_t kFrameMs = 20;
// What is kept of the sound before an onset is confirmed: 600 ms.
inline constexpr int64_t kPreRollFrames = 30;

// Sums of these are what one frame brings about.
enum EndpointerEvent : uint32_t {
  kSpeechStarted = 1,
  kSpeechEnded = 2,
  kSpeechDiscarded = 4,
  kNoInput = 8,
  // The utterance in progress had so much quiet as Listen asked to be told of; it would not be discarded.
  kSpeechPaused = 16,
  // After kSpeechPaused: solid speech again, in the same utterance.
  kSpeechResumed = 32,
  // The listener's: the sound of the utterance in progress is longer by one chunk.
  kSpeechGrown = 64,
};

// What several frames brought about, `earlier` those before `later`: what was told of an utterance in progress is not told
// once it is over, and a pause that came and went within them is none. So the sum stands for these, in this order:
// started, resumed, discarded, ended, paused, grown. The last two are of the utterance that is in progress then.
constexpr uint32_t MergeEvents(uint32_t earlier, uint32_t later) {
  if ((later & (kSpeechEnded | kSpeechDiscarded)) != 0) earlier &= ~(kSpeechPaused | kSpeechResumed | kSpeechGrown);
  if ((later & kSpeechResumed) != 0 && (earlier & kSpeechPaused) != 0) {
    earlier &= ~kSpeechPaused;
    later &= ~kSpeechResumed;
  }
  return earlier | later;
}

// Frame numbers count from the stream's first frame; `end` is one past the last.
struct SpeechSpan {
  int64_t start = 0;
  int64_t end = 0;
  int64_t voiced = 0;
  bool is_cut = false;
};

class Endpointer {
 public:
  // The verdict on the next frame, and the level of what we play to the caller about now (-100: nothing).
  uint32_t Push(const FrameVerdict& verdict, float playout_dbfs);

  // `pause_frames` of quiet are told as a pause; 0: none is, nor is one of `end_frames` or more, which is the end.
  void Listen(int64_t end_frames, int64_t max_frames, int64_t pause_frames);
  void StopListening();
  // Drops the utterance in progress and the rest of that speech, and speech that begins within 300 ms from now.
  void DiscardSpeech();
  void ArmNoInput(int64_t frames) { no_input_frames_ = frames; }
  void DisarmNoInput() { no_input_frames_ = 0; }

  bool in_utterance() const { return in_utterance_; }
  // Neither an utterance nor talking, nor a frame of the last four that could begin either.
  bool is_quiet() const { return !in_utterance_ && !is_talking_ && (heard_ & 0b1111) == 0; }
  // The utterance in progress, or the one that ended last.
  const SpeechSpan& speech() const { return speech_; }
  int64_t frames() const { return frames_; }

 private:
  static constexpr size_t kPlayoutFrames = 20;

  bool IsHeard(const FrameVerdict& verdict, float playout_dbfs);
  void FollowTalking(bool is_heard);
  uint32_t FollowUtterance(bool is_heard, bool is_tone);
  uint32_t FollowPause();
  void IgnoreUntilQuiet(int64_t quiet_frames);

  int64_t frames_ = 0;
  // Level of our own sound over the last 400 ms: as late as an echo can be.
  float playout_dbfs_[kPlayoutFrames];
  float playout_max_dbfs_ = kSilenceDbfs;
  // Bit n: the frame n frames ago was heard as speech.
  uint32_t heard_ = 0;
  bool is_talking_ = false;
  int64_t talk_start_ = 0;
  // The last frame that surely was speech; long ago at first.
  int64_t last_solid_ = -1000000;

  bool is_listening_ = false;
  int64_t end_frames_ = 0;
  int64_t max_frames_ = 0;
  int64_t pause_frames_ = 0;
  bool in_utterance_ = false;
  // A pause of the utterance in progress was told, and neither its end nor that it goes on.
  bool is_paused_ = false;
  SpeechSpan speech_;
  // Speech that is not for us: it counts again after this much quiet. 0: nothing is ignored.
  int64_t ignore_frames_ = 0;
  // Talking that began before this frame is not for us.
  int64_t deaf_until_ = 0;
  // Left of the no-input time; 0: not armed.
  int64_t no_input_frames_ = 0;

 public:
  Endpointer();
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_ENDPOINTER_H_
