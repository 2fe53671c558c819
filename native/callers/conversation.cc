#include "callers/conversation.h"

#include <algorithm>
#include <utility>

#include "callers/units.h"

namespace trunkline::callers {
namespace {

// Keys of one answer are 100 ms apart.
constexpr size_t kDigitTicks = 5;

// Two pieces of one prompt are closer together than this, also from a server that sends each frame when it is due; an
// answer to speech comes later, since first its end has to be heard.
constexpr int64_t kPromptBreakNs = 60 * kNsPerMs;

}  // namespace

std::string_view Clip::FrameAt(size_t frame) const {
  return std::string_view(base64).substr(frame * kFrameCharacters, kFrameCharacters);
}

Conversation::Conversation(std::vector<Step> steps, int64_t turn_silence_ns, ConversationEvents* events)
    : steps_(std::move(steps)), turn_silence_ns_(turn_silence_ns), events_(events) {}

void Conversation::Hear(int64_t now_ns, int64_t dry_ns) {
  if (state_ != State::kListening) return;
  if (is_rest_of_prompt_ && dry_ns < kPromptBreakNs) return;
  TellBargeIn(0);
  state_ = State::kHearing;
  turn_began_ns_ = now_ns;
  if (step_ > 0) events_->TurnHeard(step_ - 1, steps_[step_ - 1].kind, said_ns_, now_ns);
}

void Conversation::Clear(int64_t now_ns) {
  is_rest_of_prompt_ = false;
  TellBargeIn(now_ns);
}

Conversation::Next Conversation::NextFrame(int64_t now_ns, int64_t dry_ns) {
  if (barge_in_.has_value() && dry_ns >= turn_silence_ns_) TellBargeIn(0);
  Next next;
  if (state_ == State::kHearing && step_ < steps_.size()) {
    const Step& step = steps_[step_];
    switch (step.kind) {
      case Step::Kind::kSay:
      case Step::Kind::kPress:
        if (dry_ns >= std::max(turn_silence_ns_, step.wait_ns)) Begin(step);
        break;
      case Step::Kind::kBarge:
        if (now_ns - turn_began_ns_ >= step.wait_ns) Begin(step);
        break;
      case Step::Kind::kHangUp:
        next.hangs_up = now_ns - turn_began_ns_ >= step.wait_ns;
        if (next.hangs_up) ++step_;
        break;
    }
  }
  if (clip_ != nullptr) next.payload = clip_->FrameAt(clip_frame_);
  if (state_ == State::kActing && steps_[step_].kind == Step::Kind::kPress) {
    if (ticks_to_digit_ == 0) next.digit = steps_[step_].digits[digit_];
    ticks_to_digit_ = (ticks_to_digit_ + 1) % kDigitTicks;
  }
  return next;
}

void Conversation::FrameLeft(int64_t now_ns, int64_t dry_ns) {
  if (clip_ == nullptr) return;
  if (state_ == State::kActing) {
    if (clip_frame_ == clip_->onset_frame && steps_[step_].kind == Step::Kind::kBarge) {
      barge_in_ = {.step = step_, .speech_ns = now_ns};
    }
    if (clip_frame_ == clip_->offset_frame) Said(now_ns, dry_ns);
  }
  if (++clip_frame_ == clip_->frames) clip_ = nullptr;
}

void Conversation::DigitLeft(int64_t now_ns, int64_t dry_ns) {
  if (++digit_ == steps_[step_].digits.size()) Said(now_ns, dry_ns);
}

void Conversation::End() { TellBargeIn(0); }

bool Conversation::TakeActed() { return std::exchange(has_acted_, false); }

void Conversation::Begin(const Step& step) {
  state_ = State::kActing;
  clip_ = step.clip;
  clip_frame_ = 0;
  digit_ = 0;
  ticks_to_digit_ = 0;
}

void Conversation::Said(int64_t now_ns, int64_t dry_ns) {
  state_ = State::kListening;
  said_ns_ = now_ns;
  is_rest_of_prompt_ = dry_ns < kPromptBreakNs;
  // Nothing of the prompt is left where a clear was the end of it.
  if (steps_[step_].kind == Step::Kind::kBarge && !barge_in_.has_value()) is_rest_of_prompt_ = false;
  has_acted_ = true;
  ++step_;
}

void Conversation::TellBargeIn(int64_t cleared_ns) {
  if (!barge_in_.has_value()) return;
  events_->BargedIn(barge_in_->step, barge_in_->speech_ns, cleared_ns);
  barge_in_.reset();
}

}  // namespace trunkline::callers
