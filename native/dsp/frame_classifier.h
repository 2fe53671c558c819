// Says of each 20 ms frame whether somebody speaks in it: likelihood ratio over 15 bands against an adaptive noise floor
// (Sohn, Kim, Sung 1999, with the maximum-likelihood SNR), together with a gate that asks it to stand out from the usual
// level, less keypad and pure tones. The same loudness means different things in a quiet room, beside a road and in a
// crowd; floor and gate make up for it.
#ifndef TRUNKLINE_DSP_FRAME_CLASSIFIER_H_
#define TRUNKLINE_DSP_FRAME_CLASSIFIER_H_

#include <cstdint>

#include "dsp/level.h"
#include "dsp/level_spread.h"
#include "dsp/noise_floor.h"
#include "dsp/spectrum.h"
#include "dsp/tone.h"

namespace trunkline {

struct FrameVerdict {
  // Over the whole frame, all frequencies.
  float level_dbfs = kSilenceDbfs;
  bool is_voiced = false;
  bool is_tone = false;
  // At least three samples at the end of the scale.
  bool is_clipped = false;
};

class FrameClassifier {
 public:
  // 8000 or 16000.
  explicit FrameClassifier(uint32_t rate_hz) : frame_length_(rate_hz / 50), spectrum_(rate_hz) {}

  // Takes one frame of rate / 50 samples.
  FrameVerdict Push(const int16_t* frame);

  // Of the background, 140 to 3800 Hz.
  float noise_floor_dbfs() const { return ToDbfs(noise_.total()); }

 private:
  size_t frame_length_;
  Spectrum spectrum_;
  NoiseFloor noise_;
  ToneDetector tone_;
  LevelSpread spread_;
  // Likelihood ratio of the frames so far, smoothed.
  float ratio_ = 0.0f;
  // Part of the frames of late that were speech, 0 to 1.
  float heard_ = 0.0f;
  // Loudest speech of late, dBFS; sinks slowly.
  float peak_dbfs_ = kSilenceDbfs;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_FRAME_CLASSIFIER_H_
