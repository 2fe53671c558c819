#include "dsp/listener.h"

#include <algorithm>

namespace trunkline {
namespace {

// What an utterance keeps before the speech: the first sounds of a soft word lie before its onset.
constexpr int64_t kKeptBeforeFrames = 20;
// And after it: recognizers want an end, not the whole wait for it.
constexpr int64_t kKeptAfterFrames = 15;

constexpr int64_t ToFrames(uint32_t ms) { return (ms + kFrameMs - 1) / kFrameMs; }

}  // namespace

Listener::Listener(uint32_t rate_hz)
    : rate_hz_(rate_hz),
      frame_length_(rate_hz / 50),
      classifier_(rate_hz),
      pre_roll_(static_cast<size_t>(kPreRollFrames) * frame_length_) {}

uint32_t Listener::Push(const int16_t* samples, size_t count, float playout_dbfs) {
  uint32_t events = 0;
  while (count > 0) {
    const size_t taken = std::min(count, frame_length_ - filled_);
    std::copy_n(samples, taken, frame_ + filled_);
    filled_ += taken;
    samples += taken;
    count -= taken;
    if (filled_ == frame_length_) events = MergeEvents(events, PushFrame(classifier_.Push(frame_), playout_dbfs));
  }
  return events;
}

uint32_t Listener::PushGap(uint32_t frames, float playout_dbfs) {
  uint32_t events = 0;
  std::fill_n(frame_, frame_length_, int16_t{0});
  for (uint32_t frame = 0; frame < frames; ++frame) {
    events = MergeEvents(events, PushFrame(FrameVerdict{}, playout_dbfs));
  }
  return events;
}

uint32_t Listener::PushFrame(const FrameVerdict& verdict, float playout_dbfs) {
  filled_ = 0;
  level_dbfs_ = verdict.level_dbfs;
  is_speech_ = verdict.is_speech;
  clipped_frames_ += verdict.is_clipped;
  pre_roll_.Push(frame_, frame_length_);
  const bool was_in_utterance = endpointer_.in_utterance();
  uint32_t events = endpointer_.Push(verdict, playout_dbfs);
  if ((events & kSpeechStarted) != 0) Begin();
  if (was_in_utterance) current_.Append(frame_, frame_length_);
  if ((events & kSpeechEnded) != 0) Finish();
  if ((events & kSpeechDiscarded) != 0) current_.Release();
  if (chunk_samples_ > 0) events |= FollowGrowth();
  return events;
}

// Once a chunk, however much of it came at once, and whether or not anybody fetches it.
uint32_t Listener::FollowGrowth() {
  if (current_.count() < told_samples_ + chunk_samples_) return 0;
  told_samples_ = current_.count();
  return kSpeechGrown;
}

void Listener::Begin() {
  const int64_t frames = endpointer_.frames();
  current_start_ =
      std::max({int64_t{0}, frames - kPreRollFrames, endpointer_.speech().start - kKeptBeforeFrames});
  const size_t samples = static_cast<size_t>(frames - current_start_) * frame_length_;
  told_samples_ = 0;
  current_.Truncate(0);
  // A second: a word with what is kept around it takes this or twice this.
  current_.Reserve(rate_hz_);
  int16_t* room = current_.Extend(samples);
  if (room != nullptr) pre_roll_.CopyLast(samples, room);
}

void Listener::Finish() {
  const SpeechSpan& speech = endpointer_.speech();
  const int64_t kept = speech.end + kKeptAfterFrames - current_start_;
  current_.Truncate(static_cast<size_t>(std::max<int64_t>(kept, 0)) * frame_length_);
  last_ = {current_start_, speech};
  finished_.Swap(&current_);
  current_.Release();
}

void Listener::Listen(const ListenSettings& settings) {
  const int64_t max_frames = ToFrames(settings.max_utterance_ms);
  const size_t most = static_cast<size_t>(max_frames + kPreRollFrames + 1) * frame_length_;
  current_.Limit(most);
  finished_.Release();
  chunk_samples_ = static_cast<size_t>(ToFrames(settings.chunk_ms)) * frame_length_;
  told_samples_ = 0;
  endpointer_.Listen(ToFrames(settings.end_of_speech_ms), max_frames, ToFrames(settings.provisional_ms));
}

void Listener::StopListening() {
  endpointer_.StopListening();
  current_.Release();
}

void Listener::DiscardSpeech() {
  endpointer_.DiscardSpeech();
  current_.Release();
  finished_.Release();
}

void Listener::ArmNoInput(uint32_t no_input_ms) { endpointer_.ArmNoInput(ToFrames(no_input_ms)); }

void Listener::Take() { finished_.Release(); }

}  // namespace trunkline
