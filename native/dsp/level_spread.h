// How loud it usually is, and how much that varies: the lower quartile and the median of the frames' levels, followed
// in small steps, and the loudest speech of late. It tells the talk of many from the talk of one: a crowd varies little
// around its level, so its quartile lies close to its median and both near the crowd; a lone speaker pauses, so the
// quartile stays on the floor.
#ifndef TRUNKLINE_DSP_LEVEL_SPREAD_H_
#define TRUNKLINE_DSP_LEVEL_SPREAD_H_

#include <algorithm>
#include <cstdint>

namespace trunkline {

class LevelSpread {
 public:
  // Takes the level of one frame, dBFS, and whether it was speech.
  void Push(float dbfs, bool is_speech) {
    const float step = frames_ < kFirstFrames ? kFirstStepDb : kStepDb;
    if (frames_ < kFirstFrames) ++frames_;
    // A quantile p stands still where p of the frames lie below: up by p, down by 1 - p.
    quartile_ += dbfs > quartile_ ? 0.25f * step : -0.75f * step;
    median_ += dbfs > median_ ? 0.5f * step : -0.5f * step;
    median_ = std::max(median_, quartile_);
    peak_ = std::max(peak_ - kPeakFallDb, is_speech ? dbfs : kNoPeakDbfs);
  }

  // Where the quantiles start: at the level of the first frame.
  void Begin(float dbfs) {
    if (frames_ == 0) quartile_ = median_ = dbfs;
  }

  float quartile_dbfs() const { return quartile_; }
  float median_dbfs() const { return median_; }
  // Of speech; sinks 3 dB a second.
  float peak_dbfs() const { return peak_; }

 private:
  static constexpr float kNoPeakDbfs = -100.0f;
  static constexpr float kPeakFallDb = 0.06f;
  // 50 frames a second: the quartile rises 2 dB and falls 6 dB a second at the most, so that a word moves it little.
  static constexpr float kStepDb = 0.16f;
  // The first second settles faster.
  static constexpr float kFirstStepDb = 1.5f;
  static constexpr uint32_t kFirstFrames = 50;

  float quartile_ = 0.0f;
  float median_ = 0.0f;
  float peak_ = kNoPeakDbfs;
  uint32_t frames_ = 0;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_LEVEL_SPREAD_H_
