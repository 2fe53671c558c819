// Tells keypad tones and steady pure tones from voices, by the spectrum of successive frames: nearly all power in one or
// two lines that stand still. A voice has more lines and its pitch moves by more than 3 Hz in 20 ms.
#ifndef TRUNKLINE_DSP_TONE_H_
#define TRUNKLINE_DSP_TONE_H_

#include <cstdint>

namespace trunkline {

class ToneDetector {
 public:
  // Takes the spectrum of one frame (kBins powers) and the background's power. True if the frame is part of a tone: a
  // keypad pair from its first whole frame, any other line or pair from its second.
  bool Push(const float* power, float noise_total);

 private:
  float first_hz_ = 0.0f;
  float second_hz_ = 0.0f;
  float lines_power_ = 0.0f;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_TONE_H_
