// The reference kernels: portable C++, no intrinsics. The contracts are in kernels.h.
#include <algorithm>
#include <cstring>

#include "dsp/g711.h"
#include "kernels/kernels.h"
#include "kernels/tables.h"
#include "wire/base64_alphabet.h"

namespace trunkline {
namespace {

void MulawDecode(const uint8_t* codes, size_t count, int16_t* samples) {
  for (size_t i = 0; i < count; ++i) samples[i] = kMulawToLinear[codes[i]];
}

void MulawEncode(const int16_t* samples, size_t count, uint8_t* codes) {
  for (size_t i = 0; i < count; ++i) codes[i] = LinearToMulaw(samples[i]);
}

void AlawDecode(const uint8_t* codes, size_t count, int16_t* samples) {
  for (size_t i = 0; i < count; ++i) samples[i] = kAlawToLinear[codes[i]];
}

void AlawEncode(const int16_t* samples, size_t count, uint8_t* codes) {
  for (size_t i = 0; i < count; ++i) codes[i] = LinearToAlaw(samples[i]);
}

size_t Base64Encode(const uint8_t* bytes, size_t count, char* text) {
  char* out = text;
  size_t i = 0;
  for (; i + 3 <= count; i += 3) {
    const uint32_t triple = uint32_t{bytes[i]} << 16 | uint32_t{bytes[i + 1]} << 8 | bytes[i + 2];
    *out++ = kBase64Alphabet[triple >> 18];
    *out++ = kBase64Alphabet[triple >> 12 & 63];
    *out++ = kBase64Alphabet[triple >> 6 & 63];
    *out++ = kBase64Alphabet[triple & 63];
  }
  if (count - i == 1) {
    *out++ = kBase64Alphabet[bytes[i] >> 2];
    *out++ = kBase64Alphabet[(bytes[i] & 3) << 4];
    *out++ = '=';
    *out++ = '=';
  } else if (count - i == 2) {
    *out++ = kBase64Alphabet[bytes[i] >> 2];
    *out++ = kBase64Alphabet[(bytes[i] & 3) << 4 | bytes[i + 1] >> 4];
    *out++ = kBase64Alphabet[(bytes[i + 1] & 15) << 2];
    *out++ = '=';
  }
  return static_cast<size_t>(out - text);
}

size_t Base64Decode(const char* text, size_t count, uint8_t* bytes) {
  if (count % 4 != 0) return kNotBase64;
  if (count == 0) return 0;
  const auto value = [text](size_t at) -> uint32_t { return kBase64Values[static_cast<uint8_t>(text[at])]; };
  uint8_t* out = bytes;
  // 1. All quads but the last have no padding. A wrong character has bit 7 of its value set; the bits are gathered
  //    and looked at once.
  uint32_t wrong = 0;
  const size_t last = count - 4;
  for (size_t i = 0; i < last; i += 4) {
    const uint32_t a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
    wrong |= a | b | c | d;
    *out++ = static_cast<uint8_t>(a << 2 | b >> 4);
    *out++ = static_cast<uint8_t>(b << 4 | c >> 2);
    *out++ = static_cast<uint8_t>(c << 6 | d);
  }
  // 2. The last quad: 0, 1 or 2 signs of padding, and the bits that they leave over must be zero.
  const size_t padding = text[last + 3] != '=' ? 0 : text[last + 2] != '=' ? 1 : 2;
  const uint32_t a = value(last), b = value(last + 1);
  const uint32_t c = padding == 2 ? 0 : value(last + 2), d = padding == 0 ? value(last + 3) : 0;
  wrong |= a | b | c | d;
  if ((wrong & 128) != 0) return kNotBase64;
  if ((padding == 2 && (b & 15) != 0) || (padding == 1 && (c & 3) != 0)) return kNotBase64;
  *out++ = static_cast<uint8_t>(a << 2 | b >> 4);
  if (padding < 2) *out++ = static_cast<uint8_t>(b << 4 | c >> 2);
  if (padding < 1) *out++ = static_cast<uint8_t>(c << 6 | d);
  return static_cast<size_t>(out - bytes);
}

uint64_t Energy(const int16_t* samples, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const int32_t sample = samples[i];
    sum += static_cast<uint32_t>(sample * sample);
  }
  return sum;
}

// In each byte of a word: bit 7 is set by a byte from 0x80 up, by (byte - 0x20) for one below 0x20, and by
// ((byte ^ mark) - 1) for a mark. A borrow from a lower byte needs that byte to be wrong itself, so a clean word never
// looks wrong and a wrong one never clean.
size_t PlainLength(const char* text, size_t count) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kTops = kOnes * 0x80;
  size_t at = 0;
  for (; at + 8 <= count; at += 8) {
    uint64_t word;
    std::memcpy(&word, text + at, sizeof word);
    const uint64_t escapes = (word ^ (kOnes * '\\')) - kOnes;
    const uint64_t quotes = (word ^ (kOnes * '"')) - kOnes;
    if (((word | (word - kOnes * 0x20) | escapes | quotes) & kTops) != 0) break;
  }
  for (; at < count; ++at) {
    const auto byte = static_cast<uint8_t>(text[at]);
    if (byte < 0x20 || byte >= 0x80 || byte == '\\' || byte == '"') break;
  }
  return at;
}

void Resample(const FirBank& bank, const int16_t* window, uint32_t phase, size_t count, int16_t* output) {
  for (size_t n = 0; n < count; ++n) {
    const int16_t* high = bank.high + phase * bank.taps;
    const int16_t* low = bank.low + phase * bank.taps;
    int32_t high_sum = 0;
    int32_t low_sum = 0;
    for (size_t tap = bank.zeros; tap < bank.taps; ++tap) {
      high_sum += int32_t{window[tap]} * high[tap];
      low_sum += int32_t{window[tap]} * low[tap];
    }
    const int64_t sum = int64_t{high_sum} * (1 << 9) + low_sum;
    const int64_t rounded = (sum + (int64_t{1} << 22)) >> 23;
    output[n] = static_cast<int16_t>(std::clamp<int64_t>(rounded, INT16_MIN, INT16_MAX));
    phase += bank.advance;
    window += phase / bank.phases;
    phase %= bank.phases;
  }
}

}  // namespace

const Kernels kScalarKernels = {
    "scalar",     MulawDecode,  MulawEncode, AlawDecode, AlawEncode,
    Base64Encode, Base64Decode, PlainLength, Energy,     Resample,
};

}  // namespace trunkline
