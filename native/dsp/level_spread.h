// How loud it usually is, and how much that varies: the lower quartile and the median of the frames' levels, followed
// in small steps. It tells the talk of many from the talk of one: a crowd varies little around its level, so its quartile
// lies close to its median and both near the crowd; a lone speaker pauses, so the quartile stays on the floor.
#ifndef TRUNKLINE_DSP_LEVEL_SPREAD_H_
#define TRUNKLINE_DSP_LEVEL_SPREAD_H_

#include <algorithm>
#include <cstdint>

namespace trunkline {

class LevelSpread {
 public:
  // Takes the level of one frame, dBFS.
  void Push(float dbfs) {
    const float level = std::max(dbfs, kLeastDbfs);
    if (frames_ == 0) quartile_ = median_ = level;
    const float step = frames_ < kFirstFrames ? kFirstStepDb : kStepDb;
    if (frames_ < kFirstFrames) ++frames_;
    // A quantile p stands still where p of the frames lie below: up by p, down by 1 - p.
    quartile_ += level > quartile_ ? 0.25f * step : -0.75f * step;
    median_ += level > median_ ? 0.5f * step : -0.5f * step;
    median_ = std::max(median_, quartile_);
  }

  // What a frame must exceed to stand out, dBFS: 98 of 100 frames of a crowd, or of steady noise, do not.
  float stand_out_dbfs() const { return quartile_ + std::min(kSpreads * (median_ - quartile_), kMarginMaxDb); }

 private:
  static constexpr float kLeastDbfs = -72.0f;
  // 50 frames a second: the quartile rises 2 dB and falls 6 dB a second at the most, so that a word moves it little.
  static constexpr float kStepDb = 0.16f;
  // The first second settles faster.
  static constexpr float kFirstStepDb = 1.5f;
  static constexpr uint32_t kFirstFrames = 50;
  // A normal distribution's quartile lies 0.67 deviations below its median, its 98th percentile 2.05 above.
  static constexpr float kSpreads = 4.0f;
  static constexpr float kMarginMaxDb = 10.0f;

  float quartile_ = kLeastDbfs;
  float median_ = kLeastDbfs;
  uint32_t frames_ = 0;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_LEVEL_SPREAD_H_
