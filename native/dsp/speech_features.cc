#include "dsp/speech_features.h"

#include <algorithm>

namespace trunkline {
namespace {

constexpr float kShortSmoothing = 0.45f;
constexpr float kLogSmoothing = 0.5f;
constexpr float kFastSmoothing = 0.4f;
constexpr float kSlowSmoothing = 0.15f;
constexpr float kLn2 = 0.69314718f;
constexpr float kLog2Min = -2.0f;
constexpr float kLog2Max = 6.0f;
// One band must not decide alone: a click or a line is in one or two.
constexpr float kLikelihoodMax = 5.0f;

float Bounded(float value, float least, float most) {
  value = value > least ? value : least;
  return value < most ? value : most;
}

// Means over groups of three bands.
void Group(const float* logs, float* groups) {
  for (size_t group = 0; group < 5; ++group) {
    groups[group] = (logs[3 * group] + logs[3 * group + 1] + logs[3 * group + 2]) * (1.0f / 3.0f);
  }
}

float Sum(const float* values) {
  float sum = 0.0f;
  for (size_t band = 0; band < kBands; ++band) sum += values[band];
  return sum;
}

}  // namespace

void SpeechFeatures::Push(const float* power, float* features) {
  noise_.Look(power);
  const float total = Sum(power);
  level_dbfs_ = kDbPerLog2 * Log2((total + kLeastTotal) / kFullScaleSquare);
  spread_.Begin(level_dbfs_);
  if (is_first_) std::copy_n(power, kBandLanes, short_);
  is_first_ = false;

  const float* noise = noise_.bands();
  const float* lowest = noise_.lowest();
  float now[kBandLanes];
  float smoothed[kBandLanes];
  float above_lowest[kBandLanes];
  float likelihood[kBandLanes];
  for (size_t band = 0; band < kBandLanes; ++band) {
    short_[band] += kShortSmoothing * (power[band] - short_[band]);
    // The logarithm of 0 must not be asked for.
    const float ratio = std::max(power[band] / noise[band], 0.25f);
    const float log_ratio = Log2(ratio);
    now[band] = std::min(log_ratio, kLog2Max);
    smoothed[band] = std::min(Log2(std::max(short_[band] / noise[band], 0.25f)), kLog2Max);
    above_lowest[band] = std::min(Log2(std::max(power[band] / lowest[band], 0.25f)), kLog2Max);
    mean_log_[band] += kLogSmoothing * (now[band] - mean_log_[band]);
    const float gain = ratio - 1.0f - kLn2 * log_ratio;
    likelihood[band] = ratio > 1.0f ? std::min(gain, kLikelihoodMax) : 0.0f;
  }
  const float mean_likelihood = Sum(likelihood) / kBands;
  fast_ += kFastSmoothing * (mean_likelihood - fast_);
  slow_ += kSlowSmoothing * (mean_likelihood - slow_);

  Group(now, features);
  Group(smoothed, features + 5);
  features[10] = mean_likelihood;
  features[11] = fast_;
  features[12] = slow_;
  features[13] = Bounded(Log2(std::max(total / Sum(noise), 0.25f)), kLog2Min, 8.0f);
  features[14] = Sum(above_lowest) / kBands;
  features[15] = Bounded((level_dbfs_ - spread_.quartile_dbfs()) / 6.0f, -2.0f, 5.0f);
  features[16] = Bounded((level_dbfs_ - spread_.median_dbfs()) / 6.0f, -4.0f, 4.0f);
  features[17] = Bounded((level_dbfs_ - spread_.peak_dbfs()) / 6.0f, -8.0f, 2.0f);
  features[18] = Bounded((level_dbfs_ + 60.0f) / 10.0f, -1.0f, 3.0f);
  features[19] = (spread_.median_dbfs() - spread_.quartile_dbfs()) / 6.0f;
  features[20] = *std::max_element(mean_log_, mean_log_ + kBands);
  features[21] = Sum(mean_log_) / kBands;
}

void SpeechFeatures::Learn(const float* power, float score, bool is_speech) {
  noise_.Learn(power, 1.0f - Bounded(0.5f + 0.25f * score, 0.0f, 1.0f));
  spread_.Push(level_dbfs_, is_speech);
}

}  // namespace trunkline
