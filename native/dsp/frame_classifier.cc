#include "dsp/frame_classifier.h"

#include "kernels/kernels.h"

namespace trunkline {
namespace {

// Softer than this is never speech: room noise through a telephone.
constexpr float kGateDbfs = -66.0f;
// Of the score. Fitted at 0; a little more costs nothing in quiet and saves false frames in a crowd.
constexpr float kLikely = 0.2f;
constexpr float kSurelyVoiced = 1.0f;
// In quiet even the soft ends of words stand out, so that a frame without them is a pause within speech: 40 ms more. In
// noise the smoothed features bridge as much themselves.
constexpr float kQuietDb = 35.0f;
constexpr uint32_t kHeldFrames = 2;
// mu-law ends at 32124, so does a clipped telephone.
constexpr int16_t kClippedSample = 32000;
constexpr int kClippedSamplesMin = 3;

float Score(const float* features) {
  float sums[kHidden];
  for (size_t unit = 0; unit < kHidden; ++unit) sums[unit] = kHiddenBias[unit];
  for (size_t feature = 0; feature < kFeatures; ++feature) {
    const float value = features[feature];
    for (size_t unit = 0; unit < kHidden; ++unit) sums[unit] += value * kHiddenWeights[feature][unit];
  }
  float score = kScoreBias;
  for (size_t unit = 0; unit < kHidden; ++unit) {
    const float size = sums[unit] < 0.0f ? -sums[unit] : sums[unit];
    sums[unit] = sums[unit] / (1.0f + size) * kScoreWeights[unit];
  }
  for (size_t unit = 0; unit < kHidden; ++unit) score += sums[unit];
  return score;
}

}  // namespace

FrameVerdict FrameClassifier::Push(const int16_t* frame) {
  FrameVerdict verdict;
  const auto energy = ActiveKernels().energy(frame, frame_length_);
  verdict.level_dbfs = ToDbfs(static_cast<float>(energy) / static_cast<float>(frame_length_));
  int16_t clipped = 0;
  for (size_t i = 0; i < frame_length_; ++i) {
    clipped = static_cast<int16_t>(clipped + (frame[i] >= kClippedSample) + (frame[i] <= -kClippedSample));
  }
  verdict.is_clipped = clipped >= kClippedSamplesMin;

  float power[kBins];
  spectrum_.Push(frame, energy == 0, power);
  verdict.is_tone = tone_.Push(power, features_.noise().total());

  float bands[kBandLanes];
  float total = 0.0f;
  for (size_t band = 0; band < kBands; ++band) {
    float sum = 0.0f;
    for (size_t bin = kBandEdges[band]; bin < kBandEdges[band + 1]; ++bin) sum += power[bin];
    bands[band] = sum;
    total += sum;
  }
  bands[kBands] = 0.0f;

  float features[kFeatures];
  features_.Push(bands, features);
  const float score = Score(features);
  const bool is_audible = ToDbfs(total) > kGateDbfs && !verdict.is_tone;
  const bool is_likely = score > kLikely && is_audible;
  if (is_likely) held_frames_ = features_.speech_over_noise_db() > kQuietDb ? kHeldFrames : 0;
  else if (verdict.is_tone) held_frames_ = 0;
  verdict.is_speech = is_likely || held_frames_ > 0;
  if (!is_likely && held_frames_ > 0) --held_frames_;
  verdict.is_voiced = score > kSurelyVoiced && is_audible;
  features_.Learn(bands, score, is_likely);
  return verdict;
}

}  // namespace trunkline
