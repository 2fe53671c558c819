#include "dsp/endpointer.h"

#include <algorithm>
#include <bit>

namespace trunkline {
namespace {

// Onset: so many heard of so many frames. 60 ms in quiet. While we play, 100 ms and a level: nobody must interrupt
// the bot with a cough, and it must not interrupt itself.
constexpr int kOnsetHeard = 3;
constexpr uint32_t kOnsetWindow = 0b1111;
constexpr int kBargeInHeard = 5;
constexpr uint32_t kBargeInWindow = 0b111111;
// While we play, speech is louder than this and than our own sound less 20 dB. Echo returns at -30 dB or less.
constexpr float kBargeInDbfs = -45.0f;
constexpr float kEchoDb = -20.0f;
// Frames without solid speech after which nobody is talking.
constexpr int64_t kQuietFrames = 10;
// Whoever presses a key often says it, at the same time or just after: that is one answer and not two. 300 ms.
constexpr int64_t kDeafFrames = 15;
// Less voice than this was a click, a cough or a tone. A sound of 80 ms lies in five frames.
constexpr int64_t kVoicedFramesMin = 5;

// Speech is seen for one frame longer than it lasts: the spectrum reaches 12 ms back, and features are smoothed over 50 ms.
// That frame of the silence has passed already.
constexpr int64_t kSeenLateFrames = 1;

// Frames to wait after the last that surely was speech, for so many frames of silence. 0 stays: no wait at all is asked.
int64_t WaitFrames(int64_t silent_frames) {
  return silent_frames == 0 ? 0 : std::max<int64_t>(silent_frames - kSeenLateFrames, 1);
}

}  // namespace

Endpointer::Endpointer() { std::fill_n(playout_dbfs_, kPlayoutFrames, kSilenceDbfs); }

uint32_t Endpointer::Push(const FrameVerdict& verdict, float playout_dbfs) {
  const bool is_heard = IsHeard(verdict, playout_dbfs);
  heard_ = heard_ << 1 | static_cast<uint32_t>(is_heard);
  FollowTalking(is_heard);
  uint32_t events = FollowUtterance(is_heard, verdict.is_tone);
  if (no_input_frames_ > 0 && !in_utterance_ && (events & kSpeechEnded) == 0 && --no_input_frames_ == 0) {
    events |= kNoInput;
  }
  if ((events & kSpeechEnded) != 0) no_input_frames_ = 0;
  ++frames_;
  return events;
}

bool Endpointer::IsHeard(const FrameVerdict& verdict, float playout_dbfs) {
  playout_dbfs_[static_cast<size_t>(frames_) % kPlayoutFrames] = playout_dbfs;
  playout_max_dbfs_ = *std::max_element(playout_dbfs_, playout_dbfs_ + kPlayoutFrames);
  if (!verdict.is_voiced) return false;
  if (playout_max_dbfs_ <= kSilenceDbfs) return true;
  return verdict.level_dbfs > std::max(kBargeInDbfs, playout_max_dbfs_ + kEchoDb);
}

void Endpointer::FollowTalking(bool is_heard) {
  // A lone frame amid quiet is not solid: it would put off the end of an utterance in a noisy room.
  if (is_heard && std::popcount(heard_ & 0b111) >= 2) last_solid_ = frames_;
  if (is_talking_) {
    is_talking_ = frames_ - last_solid_ < kQuietFrames;
    return;
  }
  const bool is_playing = playout_max_dbfs_ > kSilenceDbfs;
  const uint32_t window = heard_ & (is_playing ? kBargeInWindow : kOnsetWindow);
  if (std::popcount(window) < (is_playing ? kBargeInHeard : kOnsetHeard)) return;
  is_talking_ = true;
  talk_start_ = frames_ - (std::bit_width(window) - 1);
  last_solid_ = frames_;
}

uint32_t Endpointer::FollowUtterance(bool is_heard, bool is_tone) {
  if (ignore_frames_ > 0 && frames_ - last_solid_ >= ignore_frames_) ignore_frames_ = 0;
  if (!in_utterance_) {
    if (!is_listening_ || !is_talking_ || ignore_frames_ > 0) return 0;
    if (talk_start_ <= frames_ - kPreRollFrames || talk_start_ < deaf_until_) {
      // It began before anyone wanted to hear it and its beginning is gone, or it only goes with a key.
      IgnoreUntilQuiet(kQuietFrames);
      return 0;
    }
    in_utterance_ = true;
    is_paused_ = false;
    const int64_t span = frames_ - talk_start_ + 1;
    const uint32_t mask = span >= 32 ? UINT32_MAX : (uint32_t{1} << span) - 1;
    speech_ = {talk_start_, frames_ + 1, std::popcount(heard_ & mask), false};
    return kSpeechStarted;
  }

  if (is_heard) ++speech_.voiced;
  // The frames before this one were heard as speech while the tone was not yet known.
  if (is_tone && speech_.voiced > 0 && (heard_ & 2) != 0) --speech_.voiced;
  speech_.end = std::max(speech_.end, last_solid_ + 1);
  if (frames_ + 1 - speech_.start >= max_frames_) {
    speech_.end = frames_ + 1;
    speech_.is_cut = true;
    IgnoreUntilQuiet(end_frames_);
  } else if (frames_ - last_solid_ < end_frames_) {
    return FollowPause();
  }
  in_utterance_ = false;
  if (!speech_.is_cut) {
    is_talking_ = false;
    heard_ = 0;
  }
  return speech_.voiced < kVoicedFramesMin ? kSpeechDiscarded : kSpeechEnded;
}

uint32_t Endpointer::FollowPause() {
  if (is_paused_) {
    if (last_solid_ < frames_) return 0;
    is_paused_ = false;
    return kSpeechResumed;
  }
  if (pause_frames_ == 0 || frames_ - last_solid_ < pause_frames_) return 0;
  // Nobody is to act on what its end would discard.
  if (speech_.voiced < kVoicedFramesMin) return 0;
  is_paused_ = true;
  return kSpeechPaused;
}

void Endpointer::IgnoreUntilQuiet(int64_t quiet_frames) { ignore_frames_ = quiet_frames; }

void Endpointer::Listen(int64_t end_frames, int64_t max_frames, int64_t pause_frames) {
  is_listening_ = true;
  is_paused_ = false;
  pause_frames_ = WaitFrames(pause_frames);
  end_frames_ = WaitFrames(end_frames);
  max_frames_ = max_frames;
}

void Endpointer::StopListening() {
  is_listening_ = false;
  in_utterance_ = false;
}

void Endpointer::DiscardSpeech() {
  if (in_utterance_ || is_talking_) IgnoreUntilQuiet(kQuietFrames);
  in_utterance_ = false;
  deaf_until_ = frames_ + kDeafFrames;
}

}  // namespace trunkline
