// The standard base64 alphabet (RFC 4648 section 4) and its inverse.
#ifndef TRUNKLINE_WIRE_BASE64_ALPHABET_H_
#define TRUNKLINE_WIRE_BASE64_ALPHABET_H_

#include <array>
#include <cstdint>

namespace trunkline {

inline constexpr char kBase64Alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Value of a character, 0 to 63; 255, so with bit 7 set, for any other byte.
inline constexpr std::array<uint8_t, 256> kBase64Values = [] {
  std::array<uint8_t, 256> values = {};
  values.fill(255);
  for (uint8_t value = 0; value < 64; ++value) values[static_cast<uint8_t>(kBase64Alphabet[value])] = value;
  return values;
}();

}  // namespace trunkline

#endif  // TRUNKLINE_WIRE_BASE64_ALPHABET_H_
