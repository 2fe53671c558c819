#include "dsp/noise_floor.h"

#include <algorithm>

namespace trunkline {
namespace {

constexpr float kSmoothing = 0.3f;
// How fast the estimate follows frames that are no speech: 250 ms up, 80 ms down.
constexpr float kRise = 0.08f;
constexpr float kFall = 0.25f;
// Mean over minimum of a smoothed noise band over 1.6 s. Measured on white noise: 1.4 in wide bands to 2.1 in narrow ones;
// a value near the lower end, because what is missing is made up by the slow average.
constexpr float kMinimumBias = 1.6f;
// Less history than this says nothing about a minimum.
constexpr uint32_t kFramesBeforeMinimum = 12;
// A stream may begin in the middle of noise, and hardly ever in the middle of a word: the mean of its first 100 ms is
// background, each frame as far as it is no louder than -25 dBFS.
constexpr uint32_t kFirstFrames = 5;
constexpr float kFirstTotalMax = 3.2e-3f * kFullScaleSquare;
constexpr float kNever = 1e30f;

}  // namespace

NoiseFloor::NoiseFloor() {
  for (size_t band = 0; band < kBands; ++band) {
    least_[band] = kLeastTotal * static_cast<float>(kBandEdges[band + 1] - kBandEdges[band]) /
                   static_cast<float>(kBandEdges[kBands] - kBandEdges[0]);
  }
  least_[kBands] = 1.0f;
  std::copy_n(least_, kBandLanes, lowest_);
  std::fill_n(&minima_[0][0], kSpans * kBandLanes, kNever);
  std::fill_n(newest_, kBandLanes, kNever);
  std::fill_n(older_, kBandLanes, kNever);
}

void NoiseFloor::Look(const float* power) {
  if (frames_ == 0) std::copy_n(power, kBandLanes, smooth_);
  if (frames_ > 0 && frames_ % kSpanFrames == 0) {
    std::copy_n(newest_, kBandLanes, minima_[span_]);
    span_ = (span_ + 1) % kSpans;
    std::fill_n(minima_[span_], kBandLanes, kNever);
    std::fill_n(older_, kBandLanes, kNever);
    for (const auto& minima : minima_) {
      for (size_t band = 0; band < kBandLanes; ++band) older_[band] = std::min(older_[band], minima[band]);
    }
    std::fill_n(newest_, kBandLanes, kNever);
  }
  ++frames_;
  for (size_t band = 0; band < kBandLanes; ++band) {
    smooth_[band] += kSmoothing * (power[band] - smooth_[band]);
    newest_[band] = smooth_[band] < newest_[band] ? smooth_[band] : newest_[band];
  }
  if (frames_ <= kFirstFrames) {
    float sum = 1.0f;
    for (size_t band = 0; band < kBandLanes; ++band) sum += power[band];
    const float scale = std::min(1.0f, kFirstTotalMax / sum);
    for (size_t band = 0; band < kBandLanes; ++band) {
      const float noise = noise_[band] + (scale * power[band] - noise_[band]) / static_cast<float>(frames_);
      noise_[band] = std::max(noise, least_[band]);
    }
  }
  if (frames_ <= kFramesBeforeMinimum) {
    std::copy_n(noise_, kBandLanes, lowest_);
    return;
  }
  for (size_t band = 0; band < kBandLanes; ++band) {
    const float minimum = newest_[band] < older_[band] ? newest_[band] : older_[band];
    const float lowest = kMinimumBias * minimum;
    lowest_[band] = lowest > least_[band] ? lowest : least_[band];
  }
}

void NoiseFloor::Learn(const float* power, float absence) {
  const bool is_beginning = frames_ <= kFirstFrames;
  const float rise = is_beginning ? 0.0f : kRise * absence;
  const float fall = is_beginning ? 0.0f : kFall * absence;
  const bool has_minimum = frames_ > kFramesBeforeMinimum;
  total_ = 0.0f;
  for (size_t band = 0; band < kBandLanes; ++band) {
    const float gap = power[band] - noise_[band];
    const float noise = noise_[band] + (gap > 0.0f ? rise : fall) * gap;
    const float bound = has_minimum ? lowest_[band] : least_[band];
    noise_[band] = noise > bound ? noise : bound;
  }
  for (size_t band = 0; band < kBands; ++band) total_ += noise_[band];
}

}  // namespace trunkline
