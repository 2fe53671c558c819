#include "dsp/resampler_design.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <map>
#include <mutex>
#include <numbers>
#include <numeric>
#include <utility>

namespace trunkline {
namespace {

// Samples of the lower rate on each side of the filter's centre.
constexpr int kHalfLength = 24;
// The low-pass is a sum of cosines on its length, a_k * cos(pi * k * t / kHalfLength): its response in frequency has one
// value for every 1/48 of the lower rate, near 2 in the pass band and near 0 in the stop band, and those of the
// transition chosen so that the ripple in between is least. training/resampler/design.py finds them.
constexpr double kCosines[] = {
    1.000000000000e+00, 1.999512827535e+00, 2.000105476736e+00, 2.000197302163e+00,
    1.999627320110e+00, 2.000466409983e+00, 1.999484511760e+00, 2.000532548816e+00,
    1.999462741186e+00, 2.000525841243e+00, 1.999490185680e+00, 2.000490641865e+00,
    1.999529869250e+00, 2.000450759693e+00, 1.999563821855e+00, 2.000431799154e+00,
    1.999558371100e+00, 2.000471680032e+00, 1.999482879155e+00, 2.000521974126e+00,
    2.000089160718e+00, 1.956035657079e+00, 1.500619627897e+00, 6.111833777592e-01,
    7.104972401192e-02, -1.358204842134e-03, 8.999837267510e-04, -5.424004740509e-04,
    1.429674907460e-05, 1.428648299073e-05, -2.136836253949e-05, 2.210095698873e-05,
};
// Sum of a phase's coefficients in units of 2^-23: gain 1 for every phase, so that no phase hums.
constexpr int64_t kUnity = int64_t{1} << 23;
// What FirBank asks of the sums of magnitudes.
[[maybe_unused]] constexpr int64_t kMagnitudesMax = int64_t{1} << 16;

// Sine and cosine by their series, for an angle of at most pi / 4. Only additions and multiplications of doubles, and so
// the same bits on every machine; a C library's own differ from one another.
double SmallSine(double angle) {
  const double square = angle * angle;
  double sum = 1.0;
  for (int k = 16; k >= 2; k -= 2) sum = 1.0 - sum * square / (k * (k + 1));
  return angle * sum;
}

double SmallCosine(double angle) {
  const double square = angle * angle;
  double sum = 1.0;
  for (int k = 17; k >= 1; k -= 2) sum = 1.0 - sum * square / (k * (k + 1));
  return sum;
}

// cos(pi * turn) for `turn` of [0, 1].
double CosineOf(double turn) {
  if (turn > 0.5) return -CosineOf(1.0 - turn);
  if (turn > 0.25) return SmallSine(std::numbers::pi * (0.5 - turn));
  return SmallCosine(std::numbers::pi * turn);
}

// The continuous filter at `place` of its half length, not yet normalised. The sum of cosines of multiples of one angle
// is a Chebyshev series: Clenshaw's recurrence.
double Kernel(double place) {
  if (std::abs(place) >= 1.0) return 0.0;
  const double cosine = CosineOf(std::abs(place));
  double after = 0.0;
  double last = 0.0;
  for (size_t k = std::size(kCosines) - 1; k > 0; --k) {
    const double next = kCosines[k] + 2.0 * cosine * last - after;
    after = last;
    last = next;
  }
  return kCosines[0] + cosine * last - after;
}

// Half the filter's length in whole output samples: rounded up, but not beyond 3 ms.
uint32_t DelaySamples(uint32_t to_hz, uint32_t low_hz) {
  const uint32_t delay = (kHalfLength * to_hz + low_hz - 1) / low_hz;
  return std::min(delay, to_hz * 3 / 1000);
}

// The first taps that are zero in every phase, an even number of them.
size_t LeadingZeros(const ResamplerFilter& filter, size_t taps) {
  size_t zeros = taps;
  for (size_t start = 0; start < filter.high.size(); start += taps) {
    size_t here = 0;
    while (here < zeros && filter.high[start + here] == 0 && filter.low[start + here] == 0) ++here;
    zeros = here;
  }
  return zeros & ~size_t{1};
}

std::shared_ptr<const ResamplerFilter> Design(uint32_t from_hz, uint32_t to_hz) {
  const uint32_t divisor = std::gcd(from_hz, to_hz);
  const uint32_t phases = to_hz / divisor;
  const uint32_t advance = from_hz / divisor;
  const double low_hz = std::min(from_hz, to_hz);

  auto filter = std::make_shared<ResamplerFilter>();
  filter->delay_samples = DelaySamples(to_hz, static_cast<uint32_t>(low_hz));
  const double delay_in = static_cast<double>(filter->delay_samples) * from_hz / to_hz;
  // Shorter than usual, by a quarter of a percent, only where the delay had to be rounded down.
  const double half_length = std::min<double>(kHalfLength, filter->delay_samples * low_hz / to_hz);
  const double half_in = half_length * from_hz / low_hz;
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
      exact[tap] = Kernel((age - delay_in) / half_in);
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
    [[maybe_unused]] int64_t high_magnitudes = 0;
    [[maybe_unused]] int64_t low_magnitudes = 0;
    for (size_t tap = 0; tap < taps; ++tap) {
      const int64_t high = (fixed[tap] + (1 << 8)) >> 9;
      filter->high[phase * taps + tap] = static_cast<int16_t>(high);
      const int64_t low = fixed[tap] - high * (1 << 9);
      filter->low[phase * taps + tap] = static_cast<int16_t>(low);
      high_magnitudes += std::abs(high);
      low_magnitudes += std::abs(low);
    }
    // Of all pairs and phases the greatest are 37,500 and 36,000.
    assert(high_magnitudes < kMagnitudesMax && low_magnitudes < kMagnitudesMax);
  }
  filter->bank = {filter->high.data(), filter->low.data(), taps, LeadingZeros(*filter, taps), phases, advance};
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
