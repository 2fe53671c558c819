#include "dsp/resampler_design.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>
#include <numeric>
#include <utility>

namespace trunkline {
namespace {

// Samples of the lower rate on each side of the filter's centre.
constexpr double kHalfLength = 24.0;
// Centre of the transition band in units of the lower rate: between 3.4 and 4.6 of 8 kHz, a little to the pass side.
constexpr double kCutoff = 3960.0 / 8000.0;
// Kaiser: beta = 0.1102 (A - 8.7), so A = 96 dB; A = 8 + 14.36 * (transition / rate) * taps, so 48 taps at 8 kHz need
// 1.02 kHz for it, 3.45 to 4.47 kHz.
constexpr double kKaiserBeta = 9.6;
// Sum of a phase's coefficients in units of 2^-25: gain 1 for every phase, so that no phase hums.
constexpr int64_t kUnity = int64_t{1} << 25;

// Modified Bessel function of the first kind, order 0, by its series; enough terms for x up to 20.
double BesselI0(double x) {
  double sum = 1.0;
  double term = 1.0;
  for (int k = 1; k < 60; ++k) {
    term *= (x / (2.0 * k)) * (x / (2.0 * k));
    sum += term;
  }
  return sum;
}

// The continuous filter at `distance` samples of the lower rate from its centre, not yet normalised.
double Kernel(double distance) {
  const double place = distance / kHalfLength;
  if (place <= -1.0 || place >= 1.0) return 0.0;
  const double window = BesselI0(kKaiserBeta * std::sqrt(1.0 - place * place)) / BesselI0(kKaiserBeta);
  const double angle = 2.0 * std::numbers::pi * kCutoff * distance;
  return window * (std::abs(angle) < 1e-12 ? 1.0 : std::sin(angle) / angle);
}

std::shared_ptr<const ResamplerFilter> Design(uint32_t from_hz, uint32_t to_hz) {
  const uint32_t divisor = std::gcd(from_hz, to_hz);
  const uint32_t phases = to_hz / divisor;
  const uint32_t advance = from_hz / divisor;
  const double low_hz = std::min(from_hz, to_hz);

  auto filter = std::make_shared<ResamplerFilter>();
  filter->delay_samples = static_cast<uint32_t>(kHalfLength * to_hz / low_hz);
  const double delay_in = static_cast<double>(filter->delay_samples) * from_hz / to_hz;
  const double half_in = kHalfLength * from_hz / low_hz;
  // Output k stands at input time k * M / L - delay. Its newest input is floor(k * M / L), so the oldest one that the
  // filter reaches is delay + half samples back, and a part of one for the phase.
  const auto reach = static_cast<size_t>(std::ceil(delay_in + half_in)) + 1;
  const size_t taps = (reach + 15) / 16 * 16;

  filter->high.resize(phases * taps);
  filter->low.resize(phases * taps);
  std::vector<double> exact(taps);
  std::vector<int64_t> fixed(taps);
  for (uint32_t phase = 0; phase < phases; ++phase) {
    double sum = 0.0;
    for (size_t tap = 0; tap < taps; ++tap) {
      // Tap 0 is the oldest: taps - 1 samples before the newest.
      const double age = static_cast<double>(taps - 1 - tap) + static_cast<double>(phase) / phases;
      exact[tap] = Kernel((age - delay_in) * low_hz / from_hz);
      sum += exact[tap];
    }
    int64_t fixed_sum = 0;
    size_t largest = 0;
    for (size_t tap = 0; tap < taps; ++tap) {
      fixed[tap] = std::llround(exact[tap] / sum * static_cast<double>(kUnity));
      fixed_sum += fixed[tap];
      if (fixed[tap] > fixed[largest]) largest = tap;
    }
    fixed[largest] += kUnity - fixed_sum;
    for (size_t tap = 0; tap < taps; ++tap) {
      const int64_t high = (fixed[tap] + (1 << 10)) >> 11;
      filter->high[phase * taps + tap] = static_cast<int16_t>(high);
      filter->low[phase * taps + tap] = static_cast<int16_t>(fixed[tap] - high * (1 << 11));
    }
  }
  filter->bank = {filter->high.data(), filter->low.data(), taps, phases, advance};
  return filter;
}

}  // namespace

std::shared_ptr<const ResamplerFilter> FilterFor(uint32_t from_hz, uint32_t to_hz) {
  static std::mutex mutex;
  // Never destroyed: a worker thread may still end after the main thread's static objects.
  static auto& filters = *new std::map<std::pair<uint32_t, uint32_t>, std::weak_ptr<const ResamplerFilter>>();
  const std::lock_guard<std::mutex> lock(mutex);
  std::weak_ptr<const ResamplerFilter>& known = filters[{from_hz, to_hz}];
  std::shared_ptr<const ResamplerFilter> filter = known.lock();
  if (filter == nullptr) {
    filter = Design(from_hz, to_hz);
    known = filter;
  }
  return filter;
}

}  // namespace trunkline
