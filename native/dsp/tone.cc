#include "dsp/tone.h"

#include <algorithm>
#include <cmath>

#include "dsp/spectrum.h"

namespace trunkline {
namespace {

// Below 94 Hz lies mains hum, which may stand beside a tone.
constexpr size_t kFirstBin = 3;
// Half the main lobe of a Hann window, in bins.
constexpr size_t kLobe = 2;
// Part of the power above the background that must be in the lines. Measured on "no, you do, I know, who, oh" by three
// synthetic voices: 2 of 326 frames were taken for tones, for the sake of which the lines must also stand still.
constexpr float kLinesShare = 0.95f;
// A line of a pair holds at least this part of the pair (12 dB of twist).
constexpr float kPairShare = 0.06f;
// 0.95 / 2 of the power, and 0.42 of that at least in the highest bin of a Hann window's main lobe, with some room.
constexpr float kPeakShareMin = 0.15f;
// A tone that lasts becomes background itself; then no more than this part of the whole is taken off for it.
constexpr float kNoiseShareMax = 0.3f;
constexpr float kSteadyHz = 3.0f;
// 0.7 dB either way.
constexpr float kSteadyRatio = 1.175f;
// ITU-T Q.23; receivers accept 1.5 % by Q.24, and 32 ms of window blur another 1 %.
constexpr float kLowGroupHz[] = {697.0f, 770.0f, 852.0f, 941.0f};
constexpr float kHighGroupHz[] = {1209.0f, 1336.0f, 1477.0f, 1633.0f};
constexpr float kKeypadTolerance = 0.025f;

struct Line {
  size_t bin = 0;
  float power = 0.0f;
  float hz = 0.0f;
};

Line StrongestLine(const float* power, size_t skip_from, size_t skip_to) {
  Line line;
  float most = 0.0f;
  for (size_t bin = kFirstBin; bin + kLobe < kBins; ++bin) {
    if (bin >= skip_from && bin < skip_to) continue;
    if (power[bin] > most) {
      most = power[bin];
      line.bin = bin;
    }
  }
  if (line.bin == 0) return line;
  for (size_t bin = line.bin - kLobe; bin <= line.bin + kLobe; ++bin) {
    if (bin < skip_from || bin >= skip_to) line.power += power[bin];
  }
  // Hann, amplitudes a at the peak and b beside it: offset = (2 b - a) / (a + b).
  const bool right = power[line.bin + 1] > power[line.bin - 1];
  const float a = std::sqrt(power[line.bin]);
  const float b = std::sqrt(right ? power[line.bin + 1] : power[line.bin - 1]);
  const float offset = (2.0f * b - a) / (a + b);
  line.hz = (static_cast<float>(line.bin) + (right ? offset : -offset)) * kBinHz;
  return line;
}

bool IsNear(float hz, const float (&group)[4]) {
  for (const float nominal : group) {
    if (std::abs(hz - nominal) <= kKeypadTolerance * nominal) return true;
  }
  return false;
}

}  // namespace

bool ToneDetector::Push(const float* power, float noise_total) {
  // Lanes, because a compiler may not reorder additions of floats itself.
  constexpr size_t kLanes = 8;
  float sums[kLanes] = {};
  float most[kLanes] = {};
  for (size_t bin = 0; bin < kBins; bin += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const float value = power[bin + lane];
      sums[lane] += value;
      most[lane] = value > most[lane] ? value : most[lane];
    }
  }
  float total = 0.0f;
  float peak = 0.0f;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    total += sums[lane];
    peak = std::max(peak, most[lane]);
  }
  for (size_t bin = 0; bin < kFirstBin; ++bin) total -= power[bin];
  total -= std::min(noise_total, kNoiseShareMax * total);
  // Nearly every frame ends here: the stronger of two lines has half their power, and its peak a third of its own.
  // So does digital silence.
  if (peak == 0.0f || peak < kPeakShareMin * total) {
    first_hz_ = second_hz_ = lines_power_ = 0.0f;
    return false;
  }

  const Line strongest = StrongestLine(power, 0, 0);
  if (strongest.power < 0.5f * kLinesShare * total) {
    first_hz_ = second_hz_ = lines_power_ = 0.0f;
    return false;
  }
  const size_t skip_from = strongest.bin > kLobe ? strongest.bin - kLobe : 0;
  const Line second = StrongestLine(power, skip_from, strongest.bin + kLobe + 1);
  const bool is_pair = second.power >= kPairShare * (strongest.power + second.power);
  const float lines = strongest.power + (is_pair ? second.power : 0.0f);

  const float low_hz = is_pair ? std::min(strongest.hz, second.hz) : strongest.hz;
  const float high_hz = is_pair ? std::max(strongest.hz, second.hz) : 0.0f;
  const bool is_lines = total > 0.0f && lines >= kLinesShare * total;
  const bool is_keypad = is_lines && is_pair && IsNear(low_hz, kLowGroupHz) && IsNear(high_hz, kHighGroupHz);
  const bool is_steady = is_lines && std::abs(low_hz - first_hz_) <= kSteadyHz &&
                         std::abs(high_hz - second_hz_) <= kSteadyHz && lines <= lines_power_ * kSteadyRatio &&
                         lines_power_ <= lines * kSteadyRatio;
  first_hz_ = is_lines ? low_hz : 0.0f;
  second_hz_ = is_lines ? high_hz : 0.0f;
  lines_power_ = is_lines ? lines : 0.0f;
  return is_keypad || is_steady;
}

}  // namespace trunkline
