#include "dsp/spectrum.h"

#include <cmath>
#include <cstring>
#include <numbers>

namespace trunkline {
namespace {

// What depends on the length alone, made once a process.
struct Plan {
  float window[512];
  // cos and -sin of 2 pi k / length, k < length / 2, in pairs.
  float twiddles[512];

  explicit Plan(size_t length) {
    for (size_t n = 0; n < length; ++n) {
      const double angle = 2.0 * std::numbers::pi * static_cast<double>(n) / static_cast<double>(length);
      window[n] = static_cast<float>(0.5 - 0.5 * std::cos(angle));
      if (n < length / 2) {
        twiddles[2 * n] = static_cast<float>(std::cos(angle));
        twiddles[2 * n + 1] = static_cast<float>(-std::sin(angle));
      }
    }
  }
};

const Plan& PlanFor(size_t length) {
  static const Plan short_plan(256);
  static const Plan long_plan(512);
  return length == 256 ? short_plan : long_plan;
}

// In-place complex FFT of `count` (a power of two) pairs: bit reversal, then radix-2 butterflies. `twiddles` are those of
// a transform of length 2 * count, so every second one is ours.
void Transform(float* pairs, size_t count, const float* twiddles) {
  for (size_t i = 1, j = 0; i < count; ++i) {
    size_t bit = count >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      std::swap(pairs[2 * i], pairs[2 * j]);
      std::swap(pairs[2 * i + 1], pairs[2 * j + 1]);
    }
  }
  for (size_t span = 1; span < count; span *= 2) {
    const size_t stride = count / span;
    for (size_t k = 0; k < span; ++k) {
      const float cosine = twiddles[2 * k * stride];
      const float sine = twiddles[2 * k * stride + 1];
      for (size_t i = k; i < count; i += 2 * span) {
        float* low = pairs + 2 * i;
        float* high = pairs + 2 * (i + span);
        const float re = high[0] * cosine - high[1] * sine;
        const float im = high[0] * sine + high[1] * cosine;
        high[0] = low[0] - re;
        high[1] = low[1] - im;
        low[0] += re;
        low[1] += im;
      }
    }
  }
}

}  // namespace

Spectrum::Spectrum(uint32_t rate_hz) : length_(rate_hz == 16000 ? 512 : 256), frame_length_(rate_hz / 50) {
  const Plan& plan = PlanFor(length_);
  window_ = plan.window;
  twiddles_ = plan.twiddles;
  // The squares of a Hann window sum to 3/8 of its length; a bin and its mirror make the factor 2.
  const auto length = static_cast<float>(length_);
  scale_ = 2.0f / (length * length * 0.375f);
}

void Spectrum::Push(const int16_t* frame, float* power) {
  // 1. Slide the newest frame in.
  const size_t kept = length_ - frame_length_;
  std::memmove(recent_, recent_ + frame_length_, kept * sizeof(float));
  for (size_t i = 0; i < frame_length_; ++i) recent_[kept + i] = frame[i];

  // 2. Even samples as real, odd ones as imaginary parts: a complex transform of half the length.
  float pairs[kLengthMax];
  for (size_t i = 0; i < length_; ++i) pairs[i] = recent_[i] * window_[i];
  const size_t half = length_ / 2;
  Transform(pairs, half, twiddles_);

  // 3. X[k] = E[k] + W^k O[k], E and O from the symmetric and antisymmetric parts.
  power[0] = 0.0f;
  for (size_t k = 1; k < kBins; ++k) {
    const float* a = pairs + 2 * k;
    const float* b = pairs + 2 * (half - k);
    const float even_re = 0.5f * (a[0] + b[0]);
    const float even_im = 0.5f * (a[1] - b[1]);
    const float odd_re = 0.5f * (a[1] + b[1]);
    const float odd_im = -0.5f * (a[0] - b[0]);
    const float cosine = twiddles_[2 * k];
    const float sine = twiddles_[2 * k + 1];
    const float re = even_re + odd_re * cosine - odd_im * sine;
    const float im = even_im + odd_re * sine + odd_im * cosine;
    power[k] = (re * re + im * im) * scale_;
  }
}

}  // namespace trunkline
