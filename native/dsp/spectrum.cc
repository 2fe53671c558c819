// Stockham's FFT, radix 4, real and imaginary parts in arrays of their own and every length a constant: the inner loops
// run over consecutive floats and the compiler makes vectors of them. No fused multiply-add, no library function per
// frame: the bits are the same on every CPU.
#include "dsp/spectrum.h"

#include <cmath>
#include <cstring>
#include <numbers>

namespace trunkline {

// What depends on the length alone, made once a process.
struct SpectrumPlan {
  float window[512];
  // cos and -sin of 2 pi k / length, k < length / 2.
  float cosine[256];
  float sine[256];
  // The same of the complex transform, of half the length, for k, 2k and 3k.
  float twiddle_cosine[3][64];
  float twiddle_sine[3][64];
  float scale;

  explicit SpectrumPlan(size_t length) {
    for (size_t n = 0; n < length; ++n) {
      const double angle = 2.0 * std::numbers::pi * static_cast<double>(n) / static_cast<double>(length);
      window[n] = static_cast<float>(0.5 - 0.5 * std::cos(angle));
      if (n < length / 2) {
        cosine[n] = static_cast<float>(std::cos(angle));
        sine[n] = static_cast<float>(-std::sin(angle));
      }
    }
    for (size_t k = 0; k < length / 8; ++k) {
      for (size_t power = 0; power < 3; ++power) {
        const double angle =
            4.0 * std::numbers::pi * static_cast<double>(k * (power + 1)) / static_cast<double>(length);
        twiddle_cosine[power][k] = static_cast<float>(std::cos(angle));
        twiddle_sine[power][k] = static_cast<float>(-std::sin(angle));
      }
    }
    // The squares of a Hann window sum to 3/8 of its length; a bin and its mirror make the factor 2. A quarter of it
    // makes up for halves that step 3 leaves out.
    scale = static_cast<float>(0.25 * 2.0 / (static_cast<double>(length * length) * 0.375));
  }
};

namespace {

const SpectrumPlan& PlanFor(size_t length) {
  static const SpectrumPlan short_plan(256);
  static const SpectrumPlan long_plan(512);
  return length == 256 ? short_plan : long_plan;
}

struct Pairs {
  float re[256];
  float im[256];
};

// One radix-4 stage: `kCount` values in runs of `kRun`, from `in` to `out`.
template <size_t kCount, size_t kRun>
void Stage(const SpectrumPlan& plan, const Pairs& in, Pairs* __restrict out) {
  constexpr size_t kQuarter = kCount / 4;
  for (size_t p = 0; p < kQuarter / kRun; ++p) {
    const float c1 = plan.twiddle_cosine[0][p * kRun], s1 = plan.twiddle_sine[0][p * kRun];
    const float c2 = plan.twiddle_cosine[1][p * kRun], s2 = plan.twiddle_sine[1][p * kRun];
    const float c3 = plan.twiddle_cosine[2][p * kRun], s3 = plan.twiddle_sine[2][p * kRun];
    const float* re = in.re + p * kRun;
    const float* im = in.im + p * kRun;
    float* __restrict to_re = out->re + 4 * p * kRun;
    float* __restrict to_im = out->im + 4 * p * kRun;
    for (size_t q = 0; q < kRun; ++q) {
      const float sum_re = re[q] + re[q + 2 * kQuarter], sum_im = im[q] + im[q + 2 * kQuarter];
      const float gap_re = re[q] - re[q + 2 * kQuarter], gap_im = im[q] - im[q + 2 * kQuarter];
      const float odd_re = re[q + kQuarter] + re[q + 3 * kQuarter], odd_im = im[q + kQuarter] + im[q + 3 * kQuarter];
      // Times -i.
      const float turn_re = im[q + kQuarter] - im[q + 3 * kQuarter], turn_im = re[q + 3 * kQuarter] - re[q + kQuarter];
      const float re1 = gap_re + turn_re, im1 = gap_im + turn_im;
      const float re2 = sum_re - odd_re, im2 = sum_im - odd_im;
      const float re3 = gap_re - turn_re, im3 = gap_im - turn_im;
      to_re[q] = sum_re + odd_re;
      to_im[q] = sum_im + odd_im;
      to_re[q + kRun] = re1 * c1 - im1 * s1;
      to_im[q + kRun] = re1 * s1 + im1 * c1;
      to_re[q + 2 * kRun] = re2 * c2 - im2 * s2;
      to_im[q + 2 * kRun] = re2 * s2 + im2 * c2;
      to_re[q + 3 * kRun] = re3 * c3 - im3 * s3;
      to_im[q + 3 * kRun] = re3 * s3 + im3 * c3;
    }
  }
}

// The complex transform of `kCount` pairs in `a`; the result is in `b` for 128 and in `a` for 256.
template <size_t kCount>
const Pairs& Transform(const SpectrumPlan& plan, Pairs* a, Pairs* b) {
  Stage<kCount, 1>(plan, *a, b);
  Stage<kCount, 4>(plan, *b, a);
  Stage<kCount, 16>(plan, *a, b);
  if constexpr (kCount == 256) {
    Stage<kCount, 64>(plan, *b, a);
    return *a;
  }
  // 128 = 4 * 4 * 4 * 2.
  for (size_t q = 0; q < 64; ++q) {
    const float re = b->re[q + 64], im = b->im[q + 64];
    b->re[q + 64] = b->re[q] - re;
    b->im[q + 64] = b->im[q] - im;
    b->re[q] += re;
    b->im[q] += im;
  }
  return *b;
}

template <size_t kLength>
void PowerOf(const SpectrumPlan& plan, const int16_t* before, const int16_t* frame, float* power) {
  constexpr size_t kKept = kLength * 3 / 8;
  constexpr size_t kHalf = kLength / 2;
  // 1. The window, over what came before and the frame. Even samples are real, odd ones imaginary parts: a complex
  //    transform of half the length.
  float samples[kLength];
  for (size_t i = 0; i < kKept; ++i) samples[i] = static_cast<float>(before[i]) * plan.window[i];
  for (size_t i = kKept; i < kLength; ++i) samples[i] = static_cast<float>(frame[i - kKept]) * plan.window[i];
  Pairs a;
  Pairs b;
  for (size_t i = 0; i < kHalf; ++i) {
    a.re[i] = samples[2 * i];
    a.im[i] = samples[2 * i + 1];
  }

  // 2. The transform.
  const Pairs& result = Transform<kHalf>(plan, &a, &b);

  // 3. X[k] = E[k] + W^k O[k], E and O from the symmetric and antisymmetric parts (all times two). The mirrored half is
  //    copied first, so that the loop runs forward.
  float mirror_re[kBins];
  float mirror_im[kBins];
  for (size_t k = 1; k < kBins; ++k) {
    mirror_re[k] = result.re[kHalf - k];
    mirror_im[k] = result.im[kHalf - k];
  }
  mirror_re[0] = mirror_im[0] = 0.0f;
  for (size_t k = 0; k < kBins; ++k) {
    const float even_re = result.re[k] + mirror_re[k], even_im = result.im[k] - mirror_im[k];
    const float odd_re = result.im[k] + mirror_im[k], odd_im = mirror_re[k] - result.re[k];
    const float re = even_re + odd_re * plan.cosine[k] - odd_im * plan.sine[k];
    const float im = even_im + odd_re * plan.sine[k] + odd_im * plan.cosine[k];
    power[k] = (re * re + im * im) * plan.scale;
  }
  power[0] = 0.0f;
}

}  // namespace

Spectrum::Spectrum(uint32_t rate_hz) : is_wide_(rate_hz == 16000), plan_(&PlanFor(is_wide_ ? 512 : 256)) {}

void Spectrum::Push(const int16_t* frame, bool is_silent, float* power) {
  if (is_silent && is_recent_silent_) {
    std::memset(power, 0, kBins * sizeof(float));
    return;
  }
  is_recent_silent_ = is_silent;
  if (is_wide_) {
    PowerOf<512>(*plan_, recent_, frame, power);
    std::memcpy(recent_, frame + 320 - 192, 192 * sizeof(int16_t));
  } else {
    PowerOf<256>(*plan_, recent_, frame, power);
    std::memcpy(recent_, frame + 160 - 96, 96 * sizeof(int16_t));
  }
}

}  // namespace trunkline
