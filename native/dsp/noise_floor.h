// Follows the power of the background in each band: slowly through frames that are no speech, and by the minimum of the
// last 1.6 s through all frames. The second is what ends "speech" that never pauses: steady noise that begins suddenly
// is background after that time, however loud it is.
//
// For each frame `Look`, then the verdict is found, then `Learn`.
#ifndef TRUNKLINE_DSP_NOISE_FLOOR_H_
#define TRUNKLINE_DSP_NOISE_FLOOR_H_

#include <cstddef>
#include <cstdint>

#include "dsp/level.h"

namespace trunkline {

// Bands of the classifier, about one critical band each, 140 to 3800 Hz.
inline constexpr size_t kBands = 15;
inline constexpr uint8_t kBandEdges[kBands + 1] = {5, 8, 11, 14, 18, 22, 27, 33, 40, 48, 57, 67, 79, 92, 106, 121};
// Arrays over bands have a sixteenth place, so that loops over them become whole vectors. Its power is always 0.
inline constexpr size_t kBandLanes = 16;

// The floor of the floor: -72 dBFS over all bands, about the last step of mu-law. Below it everything is silence.
inline constexpr float kLeastTotal = 6.3e-8f * kFullScaleSquare;

class NoiseFloor {
 public:
  NoiseFloor();

  // Takes the power of one frame, kBandLanes mean squares in sample units.
  void Look(const float* power);
  // Takes it again with what was found: 1 if it surely was no speech, 0 if it surely was.
  void Learn(const float* power, float absence);

  // The background, by band; never 0.
  const float* bands() const { return noise_; }
  // The minimum of late, unbiased; the background itself in the first 240 ms.
  const float* lowest() const { return lowest_; }
  // Sum over the bands; 0 before the first frame.
  float total() const { return total_; }

 private:
  static constexpr size_t kSpans = 8;
  static constexpr uint32_t kSpanFrames = 10;

  float noise_[kBandLanes] = {};
  float lowest_[kBandLanes];
  float least_[kBandLanes];
  float smooth_[kBandLanes] = {};
  // Minimum of `smooth_` in each of the last spans of 200 ms, in the newest span so far, and over all but the newest.
  float minima_[kSpans][kBandLanes];
  float newest_[kBandLanes];
  float older_[kBandLanes];
  float total_ = 0.0f;
  size_t span_ = 0;
  uint32_t frames_ = 0;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_NOISE_FLOOR_H_
