#include "dsp/resampler.h"

#include <algorithm>
#include <cstring>

namespace trunkline {
namespace {

// Input samples worked on at a time: 20 ms at 48 kHz, so that a frame of any rate is one block and the window stays
// in the first-level cache.
constexpr size_t kBlockSamples = 960;

}  // namespace

Resampler::Resampler(uint32_t from_hz, uint32_t to_hz) {
  if (from_hz == to_hz) return;
  filter_ = FilterFor(from_hz, to_hz);
  window_.assign(filter_->bank.taps - 1 + kBlockSamples, 0);
}

size_t Resampler::Run(const int16_t* input, size_t count, int16_t* output, size_t outputs_max) {
  const FirBank& bank = filter_->bank;
  const size_t history = bank.taps - 1;
  size_t written = 0;
  while (count > 0) {
    const size_t block = std::min(count, kBlockSamples);
    std::copy_n(input, block, window_.data() + history);
    if (skip_ < block) {
      // Outputs whose newest sample lies in this block: skip + (phase + n * advance) / phases < block.
      const uint64_t span = static_cast<uint64_t>(block - skip_) * bank.phases - phase_;
      const size_t due = std::min<size_t>((span + bank.advance - 1) / bank.advance, outputs_max - written);
      ActiveKernels().resample(bank, window_.data() + skip_, phase_, due, output + written);
      written += due;
      const uint64_t moved = phase_ + static_cast<uint64_t>(due) * bank.advance;
      skip_ += moved / bank.phases;
      phase_ = static_cast<uint32_t>(moved % bank.phases);
    }
    // Only a flush stops before the block's end, and resets afterwards.
    skip_ -= std::min(skip_, block);
    std::memmove(window_.data(), window_.data() + block, history * sizeof(int16_t));
    input += block;
    count -= block;
  }
  return written;
}

size_t Resampler::Process(const int16_t* input, size_t count, int16_t* output) {
  if (count == 0) return 0;
  if (filter_ == nullptr) {
    std::copy_n(input, count, output);
    return count;
  }
  started_ = true;
  return Run(input, count, output, SIZE_MAX);
}

size_t Resampler::Flush(int16_t* output) {
  if (filter_ == nullptr || !started_) return 0;
  static constexpr int16_t kSilence[kBlockSamples] = {};
  const size_t due = filter_->delay_samples;
  size_t written = 0;
  while (written < due) written += Run(kSilence, kBlockSamples, output + written, due - written);
  Reset();
  return written;
}

void Resampler::Reset() {
  std::fill(window_.begin(), window_.end(), int16_t{0});
  skip_ = 0;
  phase_ = 0;
  started_ = false;
}

size_t Resampler::MaxOutputSamples(size_t input_samples) const {
  if (filter_ == nullptr) return input_samples;
  const uint64_t phases = filter_->bank.phases;
  const uint64_t advance = filter_->bank.advance;
  const size_t most = (static_cast<uint64_t>(input_samples) * phases + advance - 1) / advance;
  return std::max<size_t>(most, filter_->delay_samples);
}

}  // namespace trunkline
