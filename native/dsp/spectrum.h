// Power spectrum of the newest 32 ms, once a frame: a real FFT under a Hann window, 31.25 Hz a bin at 8 and 16 kHz alike.
#ifndef TRUNKLINE_DSP_SPECTRUM_H_
#define TRUNKLINE_DSP_SPECTRUM_H_

#include <cstddef>
#include <cstdint>

namespace trunkline {

inline constexpr float kBinHz = 31.25f;
// Bins up to 4 kHz, which is all that is looked at.
inline constexpr size_t kBins = 128;

struct SpectrumPlan;

class Spectrum {
 public:
  // 8000 or 16000.
  explicit Spectrum(uint32_t rate_hz);

  // Takes one 20 ms frame (rate / 50 samples). `power[k]` becomes the mean square, in sample units, of what lies in
  // bin k; the sum over all bins is the frame's (windowed) mean square. `is_silent`: every sample is 0, as on a muted line,
  // whose spectrum needs no transform.
  void Push(const int16_t* frame, bool is_silent, float* power);

 private:
  static constexpr size_t kLengthMax = 512;
  static constexpr size_t kKeptMax = 192;

  bool is_wide_;  // 16 kHz
  // The samples before the frame that its window reaches back to: 96 or 192.
  int16_t recent_[kKeptMax] = {};
  bool is_recent_silent_ = true;
  const SpectrumPlan* plan_;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_SPECTRUM_H_
