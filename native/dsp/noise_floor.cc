#include "dsp/noise_floor.h"

#include <algorithm>

#include "dsp/level.h"

namespace trunkline {
namespace {

// The floor of the floor: -72 dBFS over all bands, about the last step of mu-law. Below it everything is silence.
constexpr float kLeastTotal = 6.3e-8f * kFullScaleSquare;
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

}  // namespace

void NoiseFloor::Push(const float* power, bool is_speech) {
  const bool first = frames_ == 0;
  const bool new_span = frames_ % kSpanFrames == 0;
  if (new_span && !first) span_ = (span_ + 1) % kSpans;
  if (new_span) spans_ = std::min(spans_ + 1, kSpans);
  ++frames_;
  const bool is_beginning = frames_ <= kFirstFrames;
  float scale = 1.0f;
  if (is_beginning) {
    float sum = 0.0f;
    for (size_t band = 0; band < kBands; ++band) sum += power[band];
    if (sum > kFirstTotalMax) scale = kFirstTotalMax / sum;
  }

  total_ = 0.0f;
  for (size_t band = 0; band < kBands; ++band) {
    const float least = kLeastTotal * static_cast<float>(kBandEdges[band + 1] - kBandEdges[band]) /
                        static_cast<float>(kBandEdges[kBands] - kBandEdges[0]);
    const float now = power[band];
    smooth_[band] = first ? now : smooth_[band] + kSmoothing * (now - smooth_[band]);
    float& newest = minima_[span_][band];
    newest = new_span ? smooth_[band] : std::min(newest, smooth_[band]);

    float noise = noise_[band];
    if (is_beginning) noise += (scale * now - noise) / static_cast<float>(frames_);
    else if (!is_speech) noise += (now > noise ? kRise : kFall) * (now - noise);
    if (frames_ >= kFramesBeforeMinimum) {
      float minimum = newest;
      for (size_t span = 0; span < spans_; ++span) minimum = std::min(minimum, minima_[span][band]);
      noise = std::max(noise, kMinimumBias * minimum);
    }
    noise_[band] = std::max(noise, least);
    total_ += noise_[band];
  }
}

}  // namespace trunkline
