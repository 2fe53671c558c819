// Says of each 20 ms frame whether somebody speaks in it. Features that are relative to an adaptive background and to the
// loudness of late go through one small layer, 22 numbers to 24 to a score; keypad and pure tones are no speech. The
// weights are fitted on synthetic voices (training/endpointer), bench/endpointer.ts measures on others.
#ifndef TRUNKLINE_DSP_FRAME_CLASSIFIER_H_
#define TRUNKLINE_DSP_FRAME_CLASSIFIER_H_

#include <cstdint>

#include "dsp/level.h"
#include "dsp/spectrum.h"
#include "dsp/speech_features.h"
#include "dsp/tone.h"

namespace trunkline {

struct FrameVerdict {
  // Over the whole frame, all frequencies.
  float level_dbfs = kSilenceDbfs;
  // Speech, with the short pauses within it.
  bool is_speech = false;
  // Speech beyond doubt: what starts an utterance.
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
  float noise_floor_dbfs() const { return ToDbfs(features_.noise().total()); }

 private:
  size_t frame_length_;
  Spectrum spectrum_;
  SpeechFeatures features_;
  ToneDetector tone_;
  // Left of the time that speech in quiet is held.
  uint32_t held_frames_ = 0;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_FRAME_CLASSIFIER_H_
