// What one caller does: a list of steps, one for each turn of the bot's. Pure: told what it hears and what has left, it
// says what the next frame is. No sockets and no clock in here.
//
//   state       event                                      to
//   kListening  the bot's audio begins                     kHearing
//   kHearing    the step's time has come (see Frame Next)  kActing
//   kActing     the last sound or key has left             kListening, at the next step
//
// The bot's turn ends when it has had nothing to play for `turn_silence_ns`.
#ifndef TRUNKLINE_CALLERS_CONVERSATION_H_
#define TRUNKLINE_CALLERS_CONVERSATION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::callers {

// Speech as base64, frame by frame, each kFrameCharacters long.
struct Clip {
  std::string base64;
  size_t frames = 0;
  // The frames that hold its first and its last sound.
  size_t onset_frame = 0;
  size_t offset_frame = 0;

  std::string_view FrameAt(size_t frame) const;
};

struct Step {
  enum class Kind : uint8_t { kSay, kPress, kBarge, kHangUp };

  Kind kind = Kind::kSay;
  // kSay, kBarge. Outlives the step.
  const Clip* clip = nullptr;
  // kPress; at least one.
  std::string digits;
  // After the bot fell silent (kSay, kPress), or after the first audio of its turn.
  int64_t wait_ns = 0;
};

// Told as it happens. `step` counts from 0.
class ConversationEvents {
 public:
  virtual ~ConversationEvents() = default;
  virtual void TurnHeard(size_t step, Step::Kind how, int64_t said_ns, int64_t heard_ns) = 0;
  // `cleared_ns` 0: the bot's turn ended without a clear.
  virtual void BargedIn(size_t step, int64_t speech_ns, int64_t cleared_ns) = 0;
};

class Conversation {
 public:
  struct Next {
    // Empty: the line's background.
    std::string_view payload;
    // 0: none.
    char digit = 0;
    bool hangs_up = false;
  };

  Conversation(std::vector<Step> steps, int64_t turn_silence_ns, ConversationEvents* events);

  // The bot's audio came; `dry_ns`: how long there had been nothing to play.
  void Hear(int64_t now_ns, int64_t dry_ns);
  // A `clear` came.
  void Clear(int64_t now_ns);
  // What leaves now; once for each frame. `dry_ns` as above. Then `FrameLeft`, and `DigitLeft` if there is one.
  Next NextFrame(int64_t now_ns, int64_t dry_ns);
  void FrameLeft(int64_t now_ns, int64_t dry_ns);
  void DigitLeft(int64_t now_ns, int64_t dry_ns);
  // The stream ended; tells what is still to be told.
  void End();

  size_t steps_done() const { return step_; }
  // The caller has acted, so silence is no gap in a prompt until the bot speaks again. Once for each act.
  bool TakeActed();

 private:
  enum class State : uint8_t { kListening, kHearing, kActing };

  void Begin(const Step& step);
  void Said(int64_t now_ns, int64_t dry_ns);
  void TellBargeIn(int64_t cleared_ns);

  const std::vector<Step> steps_;
  const int64_t turn_silence_ns_;
  ConversationEvents* const events_;
  State state_ = State::kListening;
  size_t step_ = 0;
  int64_t turn_began_ns_ = 0;
  int64_t said_ns_ = 0;
  // The caller spoke into a prompt that goes on: its rest is no answer.
  bool is_rest_of_prompt_ = false;
  bool has_acted_ = false;
  // What is being said, its tail included; null: nothing.
  const Clip* clip_ = nullptr;
  size_t clip_frame_ = 0;
  size_t digit_ = 0;
  size_t ticks_to_digit_ = 0;
  struct BargeIn {
    size_t step;
    int64_t speech_ns;
  };
  // Speech left and no clear has come.
  std::optional<BargeIn> barge_in_;
};

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_CONVERSATION_H_
