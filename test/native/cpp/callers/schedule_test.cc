// The caller engine's schedule: how late frames were, and alarms in their slots.
#include <cstdint>

#include "../check.h"
#include "callers/lateness.h"
#include "callers/wheel.h"

namespace trunkline::callers {
namespace {

constexpr int64_t kMs = kNsPerMs;

TEST("a quantile of the lateness is never too low, and at most an eighth too high") {
  for (const int64_t us : {0, 1, 15, 16, 17, 31, 32, 100, 999, 1000, 12'345, 300'000, 5'000'000}) {
    Lateness lateness;
    for (int frame = 0; frame < 99; ++frame) lateness.Add(us * 1000);
    lateness.Add(60 * kNsPerSecond);
    const double ms = lateness.QuantileMs(0.99);
    CHECK(ms >= static_cast<double>(us) / 1000);
    CHECK(ms <= static_cast<double>(us + 1) / 1000 * 1.125 + 0.001);
    CHECK(lateness.MaxMs() == 60'000);
  }
}

TEST("frames over 10 ms late are counted, and a frame ahead of its time is not late") {
  Lateness lateness;
  CHECK(lateness.QuantileMs(0.5) == 0);
  lateness.Add(-5 * kMs);
  lateness.Add(10 * kMs);
  lateness.Add(10 * kMs + 1);
  CHECK(lateness.LateCount() == 1);
  CHECK(lateness.QuantileMs(0.3) < 0.01);
  lateness.Reset();
  CHECK(lateness.LateCount() == 0 && lateness.MaxMs() == 0);
}

struct Sleeper {
  Alarm<Sleeper> alarm{this};
  int64_t woken_in = 0;
};

TEST("an alarm goes off in its slot, once, also one that is many turns of the wheel away") {
  Wheel<Sleeper> wheel;
  Sleeper near, moved, unset, far, past;
  const auto visit = [&](int64_t from, int64_t to) {
    for (int64_t slot = from; slot <= to; ++slot) {
      wheel.Visit(slot, [&](Sleeper* sleeper) {
        CHECK(sleeper->woken_in == 0);
        sleeper->woken_in = slot;
      });
    }
  };
  wheel.Set(&near.alarm, 5);
  wheel.Set(&moved.alarm, 5);
  wheel.Set(&unset.alarm, 5);
  wheel.Set(&far.alarm, 5 + 3 * 1024);
  wheel.Set(&moved.alarm, 9);
  wheel.Unset(&unset.alarm);
  visit(1, 100);
  wheel.Set(&past.alarm, 50);
  visit(101, 4000);
  CHECK(near.woken_in == 5);
  CHECK(moved.woken_in == 9);
  CHECK(unset.woken_in == 0);
  CHECK(far.woken_in == 5 + 3 * 1024);
  CHECK(past.woken_in == 101);
}

}  // namespace
}  // namespace trunkline::callers
