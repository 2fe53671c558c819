// Follows the power of the background in each band: slowly through frames that are no speech, and by the minimum of the
// last 1.6 s through all frames. The second is what ends "speech" that never pauses: steady noise that begins suddenly
// is background after that time, however loud it is.
#ifndef TRUNKLINE_DSP_NOISE_FLOOR_H_
#define TRUNKLINE_DSP_NOISE_FLOOR_H_

#include <cstddef>
#include <cstdint>

namespace trunkline {

// Bands of the classifier, about one critical band each, 140 to 3800 Hz.
inline constexpr size_t kBands = 15;
inline constexpr uint8_t kBandEdges[kBands + 1] = {5, 8, 11, 14, 18, 22, 27, 33, 40, 48, 57, 67, 79, 92, 106, 121};

class NoiseFloor {
 public:
  // Mean squares, in sample units, by band.
  const float* bands() const { return noise_; }
  // Sum over the bands.
  float total() const { return total_; }

  // Takes the power of one frame; `is_speech` is the verdict on it.
  void Push(const float* power, bool is_speech);

 private:
  static constexpr size_t kSpans = 8;
  static constexpr uint32_t kSpanFrames = 10;

  float noise_[kBands] = {};
  float smooth_[kBands] = {};
  // Minimum of `smooth_` in each of the last spans of 200 ms; the newest grows at `span_`.
  float minima_[kSpans][kBands] = {};
  float total_ = 0.0f;
  size_t span_ = 0;
  size_t spans_ = 0;
  uint32_t frames_ = 0;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_NOISE_FLOOR_H_
