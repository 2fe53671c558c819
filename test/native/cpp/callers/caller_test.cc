// The caller engine's arithmetic and minds: what is played when, who speaks when, what is asked for.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../check.h"
#include "callers/conversation.h"
#include "callers/orders.h"
#include "callers/playout.h"

namespace trunkline::callers {
namespace {

constexpr int64_t kMs = kNsPerMs;
constexpr int64_t kSilenceNs = 350 * kMs;

std::vector<std::string> Due(Playout* playout, int64_t now_ns) {
  std::vector<std::string> names;
  playout->TakeDueMarks(now_ns, [&](std::string_view name) { names.emplace_back(name); });
  return names;
}

TEST("audio plays one after the other, and a mark is due after what came before it") {
  Playout playout;
  CHECK(playout.DryForNs(1) == Playout::kForeverNs);
  CHECK(playout.Enqueue(1000 * kMs, 160));
  CHECK(playout.Enqueue(1005 * kMs, 800));
  playout.Mark(1006 * kMs, "a");
  CHECK(playout.NextMarkNs() == 1120 * kMs);
  CHECK(Due(&playout, 1120 * kMs - 1).empty());
  CHECK(playout.DryForNs(1119 * kMs) == 0);
  CHECK(Due(&playout, 1120 * kMs) == std::vector<std::string>{"a"});
  CHECK(playout.NextMarkNs() == Playout::kForeverNs);
  CHECK(playout.DryForNs(1130 * kMs) == 10 * kMs);
  CHECK(playout.PlayedNs(1110 * kMs) == 110 * kMs);
  playout.Mark(1200 * kMs, "nothing before it");
  CHECK(playout.NextMarkNs() == 1200 * kMs);
}

TEST("a clear drops what was not played and makes every mark due, in order") {
  Playout playout;
  playout.Enqueue(1000 * kMs, 8000);
  playout.Mark(1000 * kMs, "a");
  playout.Enqueue(1000 * kMs, 8000);
  playout.Mark(1000 * kMs, "b");
  playout.Clear(1300 * kMs);
  CHECK((Due(&playout, 1300 * kMs) == std::vector<std::string>{"a", "b"}));
  CHECK(playout.DryForNs(1310 * kMs) == 10 * kMs);
  CHECK(playout.PlayedNs(1310 * kMs) == 300 * kMs);
}

TEST("a gap is silence inside a prompt, from one frame to a minute") {
  Playout playout;
  CHECK(playout.GapNs(1000 * kMs) == 0);
  playout.Enqueue(1000 * kMs, 160);
  CHECK(playout.GapNs(1039 * kMs) == 0);
  CHECK(playout.GapNs(1050 * kMs) == 30 * kMs);
  CHECK(playout.GapNs(2520 * kMs) == 1500 * kMs);
  CHECK(playout.GapNs(61021 * kMs) == 0);
  playout.Mark(1045 * kMs, "end");
  CHECK(playout.GapNs(1050 * kMs) == 0);
  playout.Enqueue(1050 * kMs, 160);
  playout.EndPrompt();
  CHECK(playout.GapNs(1100 * kMs) == 0);
}

TEST("ten minutes ahead of time are held and no more") {
  Playout playout;
  CHECK(playout.Enqueue(1, 600 * 8000));
  CHECK(!playout.Enqueue(1, 1));
  CHECK(playout.Enqueue(1 + kNsPerMs, 8));
}

// A conversation in ticks of 20 ms: the bot's audio in, the caller's frames out.
class Talk final : public ConversationEvents {
 public:
  explicit Talk(std::vector<Step> steps) : conversation_(std::move(steps), kSilenceNs, this) {}

  void BotSays(int64_t bytes) {
    const int64_t dry_ns = playout_.DryForNs(now_ns_);
    playout_.Enqueue(now_ns_, bytes);
    conversation_.Hear(now_ns_, dry_ns);
  }

  void BotClears() {
    playout_.Clear(now_ns_);
    conversation_.Clear(now_ns_);
  }

  void TickMs(int64_t duration_ms) {
    for (; duration_ms > 0; duration_ms -= kFrameMs) {
      now_ns_ += kFrameMs * kMs;
      const int64_t dry_ns = playout_.DryForNs(now_ns_);
      const auto next = conversation_.NextFrame(now_ns_, dry_ns);
      if (next.hangs_up) told_ += " hangs-up";
      if (!next.payload.empty()) told_ += std::string(" ") + next.payload[0];
      conversation_.FrameLeft(now_ns_, dry_ns);
      if (next.digit == 0) continue;
      told_ += std::string(" #") + next.digit;
      conversation_.DigitLeft(now_ns_, dry_ns);
    }
  }

  void TurnHeard(size_t step, Step::Kind, int64_t said_ns, int64_t heard_ns) override {
    told_ += " turn" + std::to_string(step) + ":" + std::to_string((heard_ns - said_ns) / kMs);
  }

  void BargedIn(size_t step, int64_t speech_ns, int64_t cleared_ns) override {
    told_ += " barge" + std::to_string(step) + ":" +
             (cleared_ns == 0 ? "never" : std::to_string((cleared_ns - speech_ns) / kMs));
  }

  void End() { conversation_.End(); }
  // What happened since the last time.
  std::string Told() { return std::exchange(told_, {}); }
  size_t steps_done() const { return conversation_.steps_done(); }

 private:
  Conversation conversation_;
  Playout playout_;
  int64_t now_ns_ = kNsPerSecond;
  std::string told_;
};

// Frames a, b, c and d; sound in b and c.
const Clip& Word() {
  static const Clip word = [] {
    Clip clip;
    for (const char letter : {'a', 'b', 'c', 'd'}) clip.base64 += std::string(kFrameCharacters, letter);
    clip.frames = 4;
    clip.onset_frame = 1;
    clip.offset_frame = 2;
    return clip;
  }();
  return word;
}

Step Say(int64_t think_ms) { return {.kind = Step::Kind::kSay, .clip = &Word(), .digits = "", .wait_ns = think_ms * kMs}; }
Step Barge(int64_t after_ms) { return {.kind = Step::Kind::kBarge, .clip = &Word(), .digits = "", .wait_ns = after_ms * kMs}; }
Step Press(std::string digits) { return {.kind = Step::Kind::kPress, .clip = nullptr, .digits = std::move(digits)}; }

TEST("a caller says nothing before the bot has spoken and fallen silent") {
  Talk talk({Say(0)});
  talk.TickMs(2000);
  CHECK(talk.Told().empty());
  talk.BotSays(1600);
  talk.TickMs(200 + 340);
  CHECK(talk.Told().empty());
  talk.TickMs(100);
  CHECK(talk.Told() == " a b c d");
  CHECK(talk.steps_done() == 1);
}

TEST("a bot that goes on within the silence keeps its turn") {
  Talk talk({Say(0)});
  talk.BotSays(160);
  talk.TickMs(300);
  talk.BotSays(160);
  talk.TickMs(360);
  CHECK(talk.Told().empty());
  talk.TickMs(20);
  CHECK(talk.Told() == " a");
}

TEST("thinking longer than the silence is thought from the bot's last sound") {
  Talk talk({Say(1000)});
  talk.BotSays(160);
  talk.TickMs(1000);
  CHECK(talk.Told().empty());
  talk.TickMs(20);
  CHECK(talk.Told() == " a");
}

TEST("an answer is measured from the last sound that left to the bot's first audio") {
  Talk talk({Say(0)});
  talk.BotSays(160);
  talk.TickMs(380 + 40);
  CHECK(talk.Told() == " a b c");
  talk.TickMs(100);
  talk.BotSays(160);
  talk.TickMs(20);
  CHECK(talk.Told() == " d turn0:100");
}

TEST("keys are pressed 100 ms apart, and the last one is the answer") {
  Talk talk({Press("12")});
  talk.BotSays(160);
  talk.TickMs(360);
  talk.TickMs(20);
  CHECK(talk.Told() == " #1");
  talk.TickMs(80);
  CHECK(talk.Told().empty());
  talk.TickMs(20);
  CHECK(talk.Told() == " #2");
  talk.BotSays(160);
  CHECK(talk.Told() == " turn0:0");
}

TEST("a barge-in is measured from the frame that holds its onset to the clear, and what follows is the answer") {
  Talk talk({Barge(200)});
  talk.BotSays(80'000);
  talk.TickMs(180);
  CHECK(talk.Told().empty());
  talk.TickMs(40);
  CHECK(talk.Told() == " a b");
  talk.TickMs(20);
  talk.BotClears();
  CHECK(talk.Told() == " c barge0:20");
  talk.TickMs(40);
  talk.BotSays(160);
  CHECK(talk.Told() == " d turn0:40");
}

TEST("a clear before the speech is no answer to it") {
  Talk talk({Barge(0)});
  talk.BotSays(8000);
  talk.TickMs(20);
  talk.BotClears();
  talk.TickMs(20);
  CHECK(talk.Told() == " a b");
  talk.End();
  CHECK(talk.Told() == " barge0:never");
}

TEST("the rest of a prompt that goes on is no answer, however it is sent") {
  Talk talk({Barge(0), Say(0)});
  talk.BotSays(160);
  for (int frame = 0; frame < 20; ++frame) {
    talk.TickMs(20);
    talk.BotSays(160);
  }
  CHECK(talk.Told() == " a b c d");
  talk.TickMs(380);
  CHECK(talk.Told() == " barge0:never");
  talk.TickMs(1000);
  talk.BotSays(160);
  CHECK(talk.Told().starts_with(" turn0:17"));
  talk.TickMs(380);
  CHECK(talk.Told() == " a");
}

TEST("a caller who was to interrupt a prompt that was too short speaks all the same") {
  Talk talk({Barge(600)});
  talk.BotSays(160);
  talk.TickMs(680);
  CHECK(talk.Told() == " a b barge0:never c d");
}

TEST("a caller hangs up once, after the first audio of the turn") {
  Talk talk({Say(0), {.kind = Step::Kind::kHangUp, .clip = nullptr, .digits = "", .wait_ns = 100 * kMs}});
  talk.BotSays(160);
  talk.TickMs(1000);
  talk.BotSays(8000);
  talk.Told();
  talk.TickMs(80);
  CHECK(talk.Told().empty());
  talk.TickMs(40);
  CHECK(talk.Told() == " hangs-up");
  CHECK(talk.steps_done() == 2);
}

TEST("after its last step a caller is quiet") {
  Talk talk({});
  for (int turn = 0; turn < 3; ++turn) {
    talk.BotSays(1600);
    talk.TickMs(2000);
  }
  CHECK(talk.Told().empty());
}

TEST("orders are read whole or not at all") {
  Clips clips;
  const std::string frame(kFrameCharacters, 'A');
  CHECK(ReadOrder("line\t" + frame, clips).kind == Order::Kind::kLine);
  CHECK(ReadOrder("line\t" + frame + "A", clips).kind == Order::Kind::kWrong);
  CHECK(ReadOrder("clip\t7\t0\t1\t" + frame + frame, clips).kind == Order::Kind::kClip);
  CHECK(ReadOrder("clip\t7\t0\t1\t" + frame, clips).kind == Order::Kind::kWrong);
  CHECK(ReadOrder("clip\t7\t1\t0\t" + frame + frame, clips).kind == Order::Kind::kWrong);
  CHECK(ReadOrder("hang-up\t3", clips).id == 3);
  CHECK(ReadOrder("hang-up\t3x", clips).kind == Order::Kind::kWrong);
  CHECK(ReadOrder("", clips).kind == Order::Kind::kWrong);
  CHECK(ReadOrder("end", clips).kind == Order::Kind::kEnd);
  clips.emplace(7, std::make_unique<Clip>(Word()));
  const std::string call = "call\t3\t127.0.0.1\t80\tGET / HTTP/1.1\x1e\x1e\tabc=\t{}\tAC1\tCA1\tMZ1\t350";
  const Order order = ReadOrder(call + "\tsay:7:100\tpress:1#:0\tbarge:7:5\thang-up::9", clips);
  CHECK(order.kind == Order::Kind::kCall && order.id == 3);
  CHECK(order.call.request == "GET / HTTP/1.1\r\n\r\n");
  CHECK(order.call.turn_silence_ns == kSilenceNs);
  CHECK(order.call.steps.size() == 4 && order.call.steps[1].digits == "1#");
  CHECK(order.call.steps[3].wait_ns == 9 * kMs);
  for (const char* step : {"say:8:100", "say:7", "press::0", "dance:7:1", "hang-up:9"}) {
    CHECK(ReadOrder(call + "\t" + step, clips).kind == Order::Kind::kWrong);
  }
}

}  // namespace
}  // namespace trunkline::callers
