// Streaming resampler, PCM16 mono, by a polyphase FIR in exact integer arithmetic: the output bits do not depend on how
// the input was cut, on the instance or on the instruction set. Output is late by delay_samples() and saturates.
// Not thread-safe; one stream owns one.
#ifndef TRUNKLINE_DSP_RESAMPLER_H_
#define TRUNKLINE_DSP_RESAMPLER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dsp/resampler_design.h"

namespace trunkline {

class Resampler {
 public:
  // Rates out of kSampleRatesHz; equal ones make a copier without delay.
  Resampler(uint32_t from_hz, uint32_t to_hz);

  // Takes `count` samples, writes at most MaxOutputSamples(count), returns how many. The ranges must not overlap.
  size_t Process(const int16_t* input, size_t count, int16_t* output);

  // Writes what the filter still holds: delay_samples() samples, none if nothing went in. Then as after Reset().
  size_t Flush(int16_t* output);

  // As newly made.
  void Reset();

  size_t MaxOutputSamples(size_t input_samples) const;
  uint32_t delay_samples() const { return filter_ == nullptr ? 0 : filter_->delay_samples; }

 private:
  size_t Run(const int16_t* input, size_t count, int16_t* output, size_t outputs_max);

  // Null when both rates are equal.
  std::shared_ptr<const ResamplerFilter> filter_;
  // [ taps - 1 samples gone by | up to kBlockSamples new ones ]
  std::vector<int16_t> window_;
  // Where the next output stands: `skip_` whole input samples after the first one that has not come yet, and
  // `phase_` / phases of one.
  size_t skip_ = 0;
  uint32_t phase_ = 0;
  bool started_ = false;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_RESAMPLER_H_
