// Levels: root mean square against full scale (32768), in dB. A full-scale square wave is 0 dBFS, silence -100.
#ifndef TRUNKLINE_DSP_LEVEL_H_
#define TRUNKLINE_DSP_LEVEL_H_

#include "dsp/fast_log.h"

namespace trunkline {

inline constexpr float kSilenceDbfs = -100.0f;
inline constexpr float kFullScaleSquare = 32768.0f * 32768.0f;
// 10 log10(2).
inline constexpr float kDbPerLog2 = 3.01029996f;

// From a mean square in sample units.
inline float ToDbfs(float mean_square) {
  const float dbfs = kDbPerLog2 * Log2(mean_square / kFullScaleSquare + 1e-10f);
  return dbfs > 0.0f ? 0.0f : dbfs;
}

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_LEVEL_H_
