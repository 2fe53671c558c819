// The filters of the resampler: one continuous low-pass, cut into the phases of from/to in lowest terms.
//
// Length: 24 samples of the lower rate on each side (3 ms where that is 8 kHz), so the delay is that long, and a
// whole number of output samples. Where the lower rate is 8 kHz: flat within 0.003 dB to
// 3.4 kHz; 61 dB down from 4.1 kHz; 97 dB down from 4.6 kHz, which is what would alias below 3.4 kHz. Other rates in
// proportion. Two coefficients of 16 bits each (see FirBank) are exact to 120 dB.
#ifndef TRUNKLINE_DSP_RESAMPLER_DESIGN_H_
#define TRUNKLINE_DSP_RESAMPLER_DESIGN_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/kernels.h"

namespace trunkline {

struct ResamplerFilter {
  std::vector<int16_t> high;
  std::vector<int16_t> low;
  FirBank bank;
  // Output samples by which the output is late.
  uint32_t delay_samples;
};

// The filter of a pair of rates out of kSampleRatesHz, not equal. Designed on first use and shared by every resampler of
// that pair, on any thread, while one lives. Safe to call from any thread.
std::shared_ptr<const ResamplerFilter> FilterFor(uint32_t from_hz, uint32_t to_hz);

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_RESAMPLER_DESIGN_H_
