// What the classifier looks at: 22 numbers a frame, all of them relative to what this stream's background and loudness
// have been, so that they mean the same in a quiet room, beside a road and in a crowd.
//
//   0-4    power over the background, log2, five groups of three bands       15  level over its lower quartile, 6 dB
//   5-9    the same of power smoothed over 50 ms                             16  level over its median, 6 dB
//   10     likelihood ratio of speech, mean over bands (Sohn, Kim, Sung      17  level under the loudest speech, 6 dB
//          1999, with the maximum-likelihood ratio), 11, 12 smoothed         18  level itself, 10 dB over -60 dBFS
//   13     whole power over the whole background, log2                       19  median over quartile, 6 dB
//   14     power over its minimum of 1.6 s, log2, mean over bands            20, 21  most and mean of smoothed log2 ratios
//
// training/endpointer/features.py computes the same.
#ifndef TRUNKLINE_DSP_SPEECH_FEATURES_H_
#define TRUNKLINE_DSP_SPEECH_FEATURES_H_

#include "dsp/level_spread.h"
#include "dsp/noise_floor.h"
#include "dsp/speech_weights.h"

namespace trunkline {

class SpeechFeatures {
 public:
  // Takes the power of one frame by band (kBandLanes, the last 0); writes kFeatures numbers.
  void Push(const float* power, float* features);
  // What came of them, once for each `Push`: `score` above 0 is speech.
  void Learn(const float* power, float score, bool is_speech);

  const NoiseFloor& noise() const { return noise_; }
  // The loudest speech of late over the background; below 0 before any speech.
  float speech_over_noise_db() const { return spread_.peak_dbfs() - ToDbfs(noise_.total()); }

 private:
  NoiseFloor noise_;
  LevelSpread spread_;
  float short_[kBandLanes] = {};
  float mean_log_[kBandLanes] = {};
  float fast_ = 0.0f;
  float slow_ = 0.0f;
  float level_dbfs_ = 0.0f;
  bool is_first_ = true;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_SPEECH_FEATURES_H_
