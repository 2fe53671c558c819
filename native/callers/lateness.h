// How late frames left, as a histogram: eight steps to each doubling of microseconds, so a quantile is told at most an
// eighth too high and never too low. The maximum is exact.
#ifndef TRUNKLINE_CALLERS_LATENESS_H_
#define TRUNKLINE_CALLERS_LATENESS_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "callers/units.h"

namespace trunkline::callers {

class Lateness {
 public:
  // Half a frame: the listener's jitter buffer would notice.
  static constexpr int64_t kLateNs = 10 * kNsPerMs;

  void Add(int64_t late_ns) {
    late_ns = std::max<int64_t>(0, late_ns);
    ++counts_[StepOf(static_cast<uint64_t>(late_ns) / 1000)];
    ++count_;
    if (late_ns > kLateNs) ++late_count_;
    max_ns_ = std::max(max_ns_, late_ns);
  }

  // Of frames whose turn never came: they count in the maximum only.
  void AddMax(int64_t late_ns) { max_ns_ = std::max(max_ns_, late_ns); }

  // At least `ratio` of all frames left no later than this. 0 without frames.
  double QuantileMs(double ratio) const {
    const double wanted = ratio * static_cast<double>(count_);
    uint64_t seen = 0;
    for (size_t step = 0; step < kSteps && count_ > 0; ++step) {
      seen += counts_[step];
      if (static_cast<double>(seen) >= wanted) return std::min(MaxMs(), static_cast<double>(EndOfUs(step)) / 1000);
    }
    return 0;
  }

  double MaxMs() const { return static_cast<double>(max_ns_) / kNsPerMs; }
  uint64_t LateCount() const { return late_count_; }
  void Reset() { *this = Lateness(); }

 private:
  static constexpr size_t kSteps = 8 * 40;

  // 0..15 one by one, then eight steps from each power of two to the next.
  static size_t StepOf(uint64_t us) {
    if (us < 16) return us;
    const int doublings = std::bit_width(us) - 4;
    return std::min<size_t>(kSteps - 1, static_cast<size_t>(doublings) * 8 + (us >> doublings));
  }

  static uint64_t EndOfUs(size_t step) {
    if (step < 16) return step + 1;
    const size_t doublings = step / 8 - 1;
    return (step % 8 + 9) << doublings;
  }

  std::array<uint32_t, kSteps> counts_{};
  uint64_t count_ = 0;
  uint64_t late_count_ = 0;
  int64_t max_ns_ = 0;
};

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_LATENESS_H_
