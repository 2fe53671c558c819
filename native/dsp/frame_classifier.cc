#include "dsp/frame_classifier.h"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"

namespace trunkline {
namespace {

// Softer than this is never speech: room noise through a telephone.
constexpr float kGateDbfs = -58.0f;
// One band must not decide alone: a click or a line is in one or two.
constexpr float kBandRatioMax = 5.0f;
// Mean over the bands. White noise against its own settled floor: median 0.05, 99 of 100 frames below 0.28, most 0.52.
constexpr float kVoicedRatio = 0.55f;
constexpr float kSmoothedRatio = 0.42f;
// The frame above the floor, all bands together.
constexpr float kVoicedSnrDb = 3.0f;
// Amid speech a frame need not stand out as much: word ends are soft. Amid is when about half of the last frames were
// speech.
constexpr float kHeldDb = 3.0f;
constexpr float kHeardEnough = 0.45f;
// A frame this much below the loudest of late is an echo of the room, breath, or someone else.
constexpr float kBelowPeakDb = 32.0f;
constexpr float kPeakFallDb = 0.06f;
// mu-law ends at 32124, so does a clipped telephone.
constexpr int kClippedSample = 32000;
constexpr int kClippedSamplesMin = 3;

}  // namespace

FrameVerdict FrameClassifier::Push(const int16_t* frame) {
  FrameVerdict verdict;
  verdict.level_dbfs =
      ToDbfs(static_cast<float>(ActiveKernels().energy(frame, frame_length_)) / static_cast<float>(frame_length_));
  int clipped = 0;
  for (size_t i = 0; i < frame_length_; ++i) clipped += frame[i] >= kClippedSample || frame[i] <= -kClippedSample;
  verdict.is_clipped = clipped >= kClippedSamplesMin;

  float power[kBins];
  spectrum_.Push(frame, power);
  verdict.is_tone = tone_.Push(power, noise_.total());

  float bands[kBands];
  float total = 0.0f;
  float ratio = 0.0f;
  for (size_t band = 0; band < kBands; ++band) {
    float sum = 0.0f;
    for (size_t bin = kBandEdges[band]; bin < kBandEdges[band + 1]; ++bin) sum += power[bin];
    bands[band] = sum;
    total += sum;
    const float noise = noise_.bands()[band];
    if (noise > 0.0f && sum > noise) {
      const float snr = sum / noise;
      ratio += std::min(snr - 1.0f - std::log(snr), kBandRatioMax);
    }
  }
  ratio /= kBands;
  ratio_ += 0.4f * (ratio - ratio_);

  const float voice_dbfs = ToDbfs(total);
  const float snr_db = voice_dbfs - noise_floor_dbfs();
  const bool is_likely = ratio > kVoicedRatio || ratio_ > kVoicedRatio + kSmoothedRatio;
  const float stand_out_dbfs = spread_.stand_out_dbfs() - (heard_ > kHeardEnough ? kHeldDb : 0.0f);
  const float gate_dbfs = std::max(kGateDbfs, stand_out_dbfs);
  const bool is_speech = is_likely && snr_db > kVoicedSnrDb && voice_dbfs > gate_dbfs;
  spread_.Push(voice_dbfs);
  heard_ += 0.3f * ((is_speech ? 1.0f : 0.0f) - heard_);
  peak_dbfs_ = std::max(peak_dbfs_ - kPeakFallDb, is_speech && !verdict.is_tone ? voice_dbfs : kSilenceDbfs);
  verdict.is_voiced = is_speech && !verdict.is_tone && voice_dbfs > peak_dbfs_ - kBelowPeakDb;
  noise_.Push(bands, is_speech);
  return verdict;
}

}  // namespace trunkline
