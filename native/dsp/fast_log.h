// Base-2 logarithm by bits and a polynomial: plain arithmetic, so the same bits on every CPU and C library, and a loop
// over it becomes vector code.
#ifndef TRUNKLINE_DSP_FAST_LOG_H_
#define TRUNKLINE_DSP_FAST_LOG_H_

#include <bit>
#include <cstdint>

namespace trunkline {

// For finite x > 0 that is no denormal; the error is below 4e-6. Exact at powers of two.
inline float Log2(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  const auto exponent = static_cast<float>(static_cast<int32_t>(bits >> 23) - 127);
  const float f = std::bit_cast<float>((bits & 0x7fffffU) | 0x3f800000U) - 1.0f;
  // log2(1 + f) = f (1 + (1 - f) q(f)); q by least squares over [0, 1].
  const float q = (((0.0251256f * f - 0.0942558f) * f + 0.1805765f) * f - 0.2751665f) * f + 0.4425017f;
  return exponent + f * (1.0f + (1.0f - f) * q);
}

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_FAST_LOG_H_
