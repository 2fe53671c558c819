// G.711 decoding cut into tables of sixteen, the size of one byte shuffle:
//
//   value = sign * (step * scale - base) << shift       step by bits 0-3 of the code as it is on the wire,
//                                                       scale and base by bits 4-7 (bit 7 changes nothing)
//
// The shift is 2 for mu-law and 3 for A-law; the sign is plus where bit 7 is set, in both laws. Steps are stored
// negative: see `Decode` in avx2.cc.
#ifndef TRUNKLINE_KERNELS_G711_NIBBLES_H_
#define TRUNKLINE_KERNELS_G711_NIBBLES_H_

#include <cstdint>

#include "dsp/g711.h"

namespace trunkline {

struct NibbleTables {
  int8_t minus_step[16];
  uint8_t scale[16];
  uint8_t base[16];
};

inline constexpr NibbleTables kMulawNibbles = [] {
  NibbleTables tables = {};
  for (int nibble = 0; nibble < 16; ++nibble) {
    tables.minus_step[nibble] = static_cast<int8_t>(-(2 * (nibble ^ 15) + 33));
    tables.scale[nibble] = static_cast<uint8_t>(1 << ((nibble ^ 7) & 7));
    tables.base[nibble] = 33;
  }
  return tables;
}();

inline constexpr NibbleTables kAlawNibbles = [] {
  NibbleTables tables = {};
  for (int nibble = 0; nibble < 16; ++nibble) {
    const int inverted = nibble ^ (kAlawMask & 15);
    const int segment = inverted & 7;
    tables.minus_step[nibble] = static_cast<int8_t>(-(2 * inverted + 33));
    tables.scale[nibble] = static_cast<uint8_t>(1 << (segment == 0 ? 0 : segment - 1));
    tables.base[nibble] = segment == 0 ? 32 : 0;
  }
  return tables;
}();

}  // namespace trunkline

#endif  // TRUNKLINE_KERNELS_G711_NIBBLES_H_
