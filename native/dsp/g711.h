// ITU-T G.711, spandsp-exact: mu-law as in spandsp and libsndfile, A-law as in spandsp and ITU-T G.191.
// (G.191's mu-law differs on 127 of 65,536 inputs and FFmpeg's on 851; we do not.)
// Samples are 16-bit linear, codes as they go over the wire (mu-law inverted, A-law with even bits inverted).
#ifndef TRUNKLINE_DSP_G711_H_
#define TRUNKLINE_DSP_G711_H_

#include <array>
#include <bit>
#include <cstdint>

namespace trunkline {

// Added before the segment is found, so that segments begin at powers of two: 33 in the standard's 14 bits.
inline constexpr int kMulawBias = 132;
// Even bits are inverted on the wire, so that silence has enough edges to keep a line's clock.
inline constexpr uint8_t kAlawMask = 0x55;

// Number of the highest set bit of `value | 0xFF`, less 7: the segment, 8 when the value is too large.
constexpr int G711Segment(int value) { return 24 - std::countl_zero(static_cast<uint32_t>(value | 0xFF)); }

constexpr uint8_t LinearToMulaw(int sample) {
  const int mask = sample >= 0 ? 0xFF : 0x7F;
  const int magnitude = (sample >= 0 ? sample : -sample) + kMulawBias;
  const int segment = G711Segment(magnitude);
  if (segment >= 8) return static_cast<uint8_t>(0x7F ^ mask);
  return static_cast<uint8_t>((segment << 4 | (magnitude >> (segment + 3) & 0xF)) ^ mask);
}

constexpr int16_t MulawToLinear(uint8_t code) {
  const int plain = ~code & 0xFF;
  const int magnitude = (((plain & 0xF) << 3) + kMulawBias) << (plain >> 4 & 7);
  return static_cast<int16_t>((plain & 0x80) != 0 ? kMulawBias - magnitude : magnitude - kMulawBias);
}

constexpr uint8_t LinearToAlaw(int sample) {
  const int mask = sample >= 0 ? 0x80 | kAlawMask : kAlawMask;
  // -1 and 0 share a magnitude: the negative half is shifted by one, as G.191 does.
  const int magnitude = sample >= 0 ? sample : -sample - 1;
  const int segment = G711Segment(magnitude);
  if (segment >= 8) return static_cast<uint8_t>(0x7F ^ mask);
  return static_cast<uint8_t>((segment << 4 | (magnitude >> (segment != 0 ? segment + 3 : 4) & 0xF)) ^ mask);
}

constexpr int16_t AlawToLinear(uint8_t code) {
  const int plain = code ^ kAlawMask;
  const int segment = plain >> 4 & 7;
  const int steps = (plain & 0xF) << 4;
  const int magnitude = segment != 0 ? (steps + 0x108) << (segment - 1) : steps + 8;
  return static_cast<int16_t>((plain & 0x80) != 0 ? magnitude : -magnitude);
}

inline constexpr std::array<int16_t, 256> kMulawToLinear = [] {
  std::array<int16_t, 256> table = {};
  for (int code = 0; code < 256; ++code) table[code] = MulawToLinear(static_cast<uint8_t>(code));
  return table;
}();

inline constexpr std::array<int16_t, 256> kAlawToLinear = [] {
  std::array<int16_t, 256> table = {};
  for (int code = 0; code < 256; ++code) table[code] = AlawToLinear(static_cast<uint8_t>(code));
  return table;
}();

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_G711_H_
