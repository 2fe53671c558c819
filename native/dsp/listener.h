// One stream's ear: samples of any number -> frames -> endpointer -> utterance. Keeps the pre-roll and the utterance.
// No Node, no wire. Owned by one stream, used by one thread; allocates when an utterance begins, and in doublings while it
// grows, never per frame. Between utterances it holds the pre-roll alone.
//
//   samples --> frame (20 ms) --> classifier --> endpointer
//                  |                                |
//                  +--> pre-roll (ring, 600 ms) ----+--> utterance in progress --> finished utterance
#ifndef TRUNKLINE_DSP_LISTENER_H_
#define TRUNKLINE_DSP_LISTENER_H_

#include <cstddef>
#include <cstdint>

#include "dsp/endpointer.h"
#include "dsp/frame_classifier.h"
#include "dsp/sample_ring.h"
#include "dsp/utterance_buffer.h"

namespace trunkline {

// Positions in frames of 20 ms since the stream's first.
struct UtteranceSpan {
  int64_t audio_start = 0;
  SpeechSpan speech;
};

// How a listener hears, in milliseconds of media time.
struct ListenSettings {
  uint32_t end_of_speech_ms = 0;
  uint32_t max_utterance_ms = 0;
  // 0: pauses are not told.
  uint32_t provisional_ms = 0;
  // 0: growth is not told.
  uint32_t chunk_ms = 0;
};

class Listener {
 public:
  // 8000 or 16000.
  explicit Listener(uint32_t rate_hz);

  // Takes `count` samples; returns a sum of EndpointerEvent over the frames that they completed.
  uint32_t Push(const int16_t* samples, size_t count, float playout_dbfs);

  // Time that passed without audio: `frames` of silence, of which the noise floor learns nothing. For media that stops.
  uint32_t PushGap(uint32_t frames, float playout_dbfs);

  // Hears utterances from now on; a waiting one is dropped. One in progress goes on under the new settings, and its pause
  // and its growth are told as if it had just begun.
  void Listen(const ListenSettings& settings);
  void StopListening();
  // Drops the utterance in progress and one that waits.
  void DiscardSpeech();
  void ArmNoInput(uint32_t no_input_ms);
  void DisarmNoInput() { endpointer_.DisarmNoInput(); }

  // The finished utterance: `samples()` and `count()` until `Take` is called; count 0 when none waits.
  const UtteranceBuffer& finished() const { return finished_; }
  // Marks it as taken and frees it; its span stays.
  void Take();
  const UtteranceSpan& last_utterance() const { return last_; }

  // The utterance in progress, pre-roll included; count 0 when there is none. Frames of it judged as speech.
  const UtteranceBuffer& current() const { return current_; }
  int64_t current_voiced() const { return endpointer_.in_utterance() ? endpointer_.speech().voiced : 0; }

  float level_dbfs() const { return level_dbfs_; }
  // Of the last whole frame: speech, pauses of less than 200 ms included.
  bool is_speech() const { return is_speech_; }
  // Nobody talks, and nothing of the last 80 ms was heard as speech.
  bool is_quiet() const { return endpointer_.is_quiet(); }
  float noise_floor_dbfs() const { return classifier_.noise_floor_dbfs(); }
  uint32_t clipped_frames() const { return clipped_frames_; }

 private:
  static constexpr size_t kFrameMax = 320;

  uint32_t PushFrame(const FrameVerdict& verdict, float playout_dbfs);
  void Begin();
  void Finish();
  uint32_t FollowGrowth();

  uint32_t rate_hz_;
  size_t frame_length_;
  int16_t frame_[kFrameMax];
  size_t filled_ = 0;
  FrameClassifier classifier_;
  Endpointer endpointer_;
  SampleRing pre_roll_;
  UtteranceBuffer current_;
  UtteranceBuffer finished_;
  int64_t current_start_ = 0;
  // 0: growth is not told.
  size_t chunk_samples_ = 0;
  // Samples that the utterance in progress had when its growth was told last.
  size_t told_samples_ = 0;
  UtteranceSpan last_;
  float level_dbfs_ = kSilenceDbfs;
  bool is_speech_ = false;
  uint32_t clipped_frames_ = 0;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_LISTENER_H_
