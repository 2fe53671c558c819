// The rates that Trunkline takes and gives; src/audio/audio-format.ts holds the same list.
#ifndef TRUNKLINE_DSP_SAMPLE_RATES_H_
#define TRUNKLINE_DSP_SAMPLE_RATES_H_

#include <cstdint>

namespace trunkline {

inline constexpr uint32_t kSampleRatesHz[] = {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000};
inline constexpr char kSampleRatesText[] = "8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100 or 48000";

constexpr bool IsSampleRate(double rate_hz) {
  for (const uint32_t rate : kSampleRatesHz) {
    if (rate_hz == static_cast<double>(rate)) return true;
  }
  return false;
}

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_SAMPLE_RATES_H_
