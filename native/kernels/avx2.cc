// The kernels for AVX2. The contracts are in kernels.h; widths below are in bits of one register, 256.
#include "kernels/tables.h"

#ifdef TRUNKLINE_HAS_X64

#include <immintrin.h>

#include <bit>
#include <cstring>

#include "dsp/g711.h"
#include "kernels/g711_nibbles.h"
#include "kernels/target_region.h"

TRUNKLINE_TARGET_BEGIN("avx2")

namespace trunkline {
namespace {

__m256i Load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
void Store(void* to, __m256i value) { _mm256_storeu_si256(static_cast<__m256i*>(to), value); }
__m256i LoadTwice(const void* from) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(from)));
}

// Runs `block(at)` over [0, count) by `width`, the last one moved back over work already done: count >= width.
// Input and output lie apart, so doing a sample twice changes nothing.
template <size_t width, typename Block>
void EachBlock(size_t count, Block block) {
  const size_t last = count - width;
  for (size_t at = 0;; at = at + width < last ? at + width : last) {
    block(at);
    if (at == last) return;
  }
}

// 32 codes. A code's value is (step * scale - base) << shift with the sign of bit 7:
//
//   1. quarters 0 2 | 1 3, so that the unpacking of 128-bit lanes leaves samples in order
//   2. bytes  step by bits 0-3, scale and base by bits 4-6, sign -1 (bit 7 set: positive) or 1
//   3. words  scale * (sign * -step) + base * sign, one maddubs; shift
template <int shift>
void Decode(const NibbleTables& tables, const uint8_t* codes, size_t count, int16_t* samples) {
  const __m256i minus_steps = LoadTwice(tables.minus_step);
  const __m256i scales = LoadTwice(tables.scale);
  const __m256i bases = LoadTwice(tables.base);
  const __m256i nibble = _mm256_set1_epi8(0x0F);
  const __m256i one = _mm256_set1_epi8(1);
  EachBlock<32>(count, [&](size_t at) TRUNKLINE_LAMBDA("avx2") {
    const __m256i code = _mm256_permute4x64_epi64(Load(codes + at), 0xD8);
    const __m256i segment = _mm256_and_si256(_mm256_srli_epi16(code, 4), nibble);
    const __m256i sign = _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_setzero_si256(), code), one);
    const __m256i step =
        _mm256_sign_epi8(_mm256_shuffle_epi8(minus_steps, _mm256_and_si256(code, nibble)), sign);
    const __m256i scale = _mm256_shuffle_epi8(scales, segment);
    const __m256i base = _mm256_shuffle_epi8(bases, segment);
    const __m256i low = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(scale, base), _mm256_unpacklo_epi8(step, sign));
    const __m256i high = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(scale, base), _mm256_unpackhi_epi8(step, sign));
    Store(samples + at, _mm256_slli_epi16(low, shift));
    Store(samples + at + 16, _mm256_slli_epi16(high, shift));
  });
}

void MulawDecode(const uint8_t* codes, size_t count, int16_t* samples) {
  if (count >= 32) return Decode<2>(kMulawNibbles, codes, count, samples);
  for (size_t i = 0; i < count; ++i) samples[i] = kMulawToLinear[codes[i]];
}

void AlawDecode(const uint8_t* codes, size_t count, int16_t* samples) {
  if (count >= 32) return Decode<3>(kAlawNibbles, codes, count, samples);
  for (size_t i = 0; i < count; ++i) samples[i] = kAlawToLinear[codes[i]];
}

// Segment and step of 16 magnitudes of at most 15 bits. A float of one holds both: its exponent is the segment + 134
// and the top four bits of its mantissa are the step. Exact, since 15 bits fit a float. Negative below 128.
__m256i SegmentAndStep(__m256i magnitude) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256 low = _mm256_cvtepi32_ps(_mm256_unpacklo_epi16(magnitude, zero));
  const __m256 high = _mm256_cvtepi32_ps(_mm256_unpackhi_epi16(magnitude, zero));
  const __m256i both = _mm256_packus_epi32(_mm256_srli_epi32(_mm256_castps_si256(low), 19),
                                           _mm256_srli_epi32(_mm256_castps_si256(high), 19));
  return _mm256_sub_epi16(both, _mm256_set1_epi16(134 << 4));
}

__m256i MulawSteps(__m256i sample) {
  // abs(-32768) is 32768 as an unsigned number. Whatever is above 32635 is coded as 32635 is.
  const __m256i magnitude = _mm256_min_epu16(_mm256_abs_epi16(sample), _mm256_set1_epi16(32767 - kMulawBias));
  return SegmentAndStep(_mm256_add_epi16(magnitude, _mm256_set1_epi16(kMulawBias)));
}

__m256i AlawSteps(__m256i sample) {
  const __m256i magnitude = _mm256_xor_si256(sample, _mm256_srai_epi16(sample, 15));
  // Segment 0 is linear. There magnitude / 16 is the greater of the two, and everywhere else it is over 15.
  const __m256i linear = _mm256_min_epi16(_mm256_srli_epi16(magnitude, 4), _mm256_set1_epi16(15));
  return _mm256_max_epi16(SegmentAndStep(magnitude), linear);
}

// 32 samples: words of segment and step, packed to bytes; `inverted` is the code of +0, and bit 7 goes off for negative
// samples. Packing works in 128-bit lanes; the last permutation puts the quarters right.
template <__m256i (*steps)(__m256i), int inverted>
void Encode(const int16_t* samples, size_t count, uint8_t* codes) {
  const __m256i positive = _mm256_set1_epi8(static_cast<char>(inverted));
  const __m256i sign_bit = _mm256_set1_epi8(static_cast<char>(0x80));
  EachBlock<32>(count, [&](size_t at) TRUNKLINE_LAMBDA("avx2") {
    const __m256i first = Load(samples + at);
    const __m256i second = Load(samples + at + 16);
    const __m256i magnitudes = _mm256_packus_epi16(steps(first), steps(second));
    const __m256i signs = _mm256_and_si256(_mm256_packs_epi16(first, second), sign_bit);
    const __m256i code = _mm256_xor_si256(_mm256_xor_si256(magnitudes, positive), signs);
    Store(codes + at, _mm256_permute4x64_epi64(code, 0xD8));
  });
}

void MulawEncode(const int16_t* samples, size_t count, uint8_t* codes) {
  if (count >= 32) return Encode<MulawSteps, 0xFF>(samples, count, codes);
  for (size_t i = 0; i < count; ++i) codes[i] = LinearToMulaw(samples[i]);
}

void AlawEncode(const int16_t* samples, size_t count, uint8_t* codes) {
  if (count >= 32) return Encode<AlawSteps, 0xD5>(samples, count, codes);
  for (size_t i = 0; i < count; ++i) codes[i] = LinearToAlaw(samples[i]);
}

// Base64 after W. Mula and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions" (2018).
//
// 24 bytes to 32 characters: three bytes a b c of each group are laid out as b a c b, and two multiplications shift the
// four groups of six bits into bytes of their own.
size_t Base64Encode(const uint8_t* bytes, size_t count, char* text) {
  const __m256i spread = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10,  //
                                          1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
  // What to add to a value for its character: 0-25, 26-51, 52-61, 62, 63.
  const __m256i offsets = _mm256_setr_epi8(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0,  //
                                           71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0);
  size_t at = 0;
  char* out = text;
  // Each lane is loaded as 16 bytes, of which 12 count.
  for (; at + 28 <= count; at += 24, out += 32) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + at));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + at + 12));
    const __m256i input = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), spread);
    const __m256i odd = _mm256_mulhi_epu16(_mm256_and_si256(input, _mm256_set1_epi32(0x0FC0FC00)),
                                           _mm256_set1_epi32(0x04000040));
    const __m256i even = _mm256_mullo_epi16(_mm256_and_si256(input, _mm256_set1_epi32(0x003F03F0)),
                                            _mm256_set1_epi32(0x01000010));
    const __m256i values = _mm256_or_si256(odd, even);
    // 13 for 0-25, 0 for 26-51, 1 to 10 for digits, 11 and 12 for the two signs.
    const __m256i reduced = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    const __m256i is_capital = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
    const __m256i which = _mm256_or_si256(reduced, _mm256_and_si256(is_capital, _mm256_set1_epi8(13)));
    Store(out, _mm256_add_epi8(values, _mm256_shuffle_epi8(offsets, which)));
  }
  return static_cast<size_t>(out - text) + kScalarKernels.base64_encode(bytes + at, count - at, out);
}

// 32 characters to 24 bytes. A character is of the alphabet if its two halves' classes have no bit in common; what to add
// to it follows from its upper half, but for '/'.
size_t Base64Decode(const char* text, size_t count, uint8_t* bytes) {
  const __m256i low_classes =
      _mm256_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A,  //
                       0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A);
  const __m256i high_classes =
      _mm256_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,  //
                       0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
  const __m256i offsets = _mm256_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0,  //
                                           0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i gather = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,  //
                                          2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  const __m256i nibble = _mm256_set1_epi8(0x0F);
  if (count % 4 != 0) return kNotBase64;
  __m256i wrong = _mm256_setzero_si256();
  size_t at = 0;
  uint8_t* out = bytes;
  // The store is of 32 bytes. What is too much of it lies where the characters after these are decoded to: there are
  // sixteen or more of them, which may end in padding.
  for (; at + 48 <= count; at += 32, out += 24) {
    const __m256i input = Load(text + at);
    const __m256i upper = _mm256_and_si256(_mm256_srli_epi32(input, 4), nibble);
    wrong = _mm256_or_si256(wrong,
                            _mm256_and_si256(_mm256_shuffle_epi8(low_classes, _mm256_and_si256(input, nibble)),
                                             _mm256_shuffle_epi8(high_classes, upper)));
    const __m256i is_slash = _mm256_cmpeq_epi8(input, _mm256_set1_epi8('/'));
    const __m256i values =
        _mm256_add_epi8(input, _mm256_shuffle_epi8(offsets, _mm256_add_epi8(is_slash, upper)));
    const __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    const __m256i quads = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    const __m256i lanes = _mm256_shuffle_epi8(quads, gather);
    Store(out, _mm256_permutevar8x32_epi32(lanes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7)));
  }
  if (!_mm256_testz_si256(wrong, wrong)) return kNotBase64;
  const size_t rest = kScalarKernels.base64_decode(text + at, count - at, out);
  return rest == kNotBase64 ? kNotBase64 : static_cast<size_t>(out - bytes) + rest;
}

size_t PlainLength(const char* text, size_t count) {
  size_t at = 0;
  for (; at + 32 <= count; at += 32) {
    const __m256i input = Load(text + at);
    // Signed: a byte from 0x80 up is negative, so below 0x20 too.
    const __m256i is_control = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), input);
    const __m256i is_mark = _mm256_or_si256(_mm256_cmpeq_epi8(input, _mm256_set1_epi8('"')),
                                            _mm256_cmpeq_epi8(input, _mm256_set1_epi8('\\')));
    const int stops = _mm256_movemask_epi8(_mm256_or_si256(is_control, is_mark));
    if (stops != 0) return at + static_cast<size_t>(std::countr_zero(static_cast<uint32_t>(stops)));
  }
  return at + kScalarKernels.plain_length(text + at, count - at);
}

uint64_t Energy(const int16_t* samples, size_t count) {
  __m256i sums = _mm256_setzero_si256();
  const __m256i low_half = _mm256_set1_epi64x(0xFFFFFFFF);
  size_t at = 0;
  for (; at + 16 <= count; at += 16) {
    const __m256i sample = Load(samples + at);
    // Two squares are at most 2^31: right as an unsigned number.
    const __m256i squares = _mm256_madd_epi16(sample, sample);
    sums = _mm256_add_epi64(sums, _mm256_and_si256(squares, low_half));
    sums = _mm256_add_epi64(sums, _mm256_srli_epi64(squares, 32));
  }
  uint64_t lanes[4];
  Store(lanes, sums);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3] + kScalarKernels.energy(samples + at, count - at);
}

// (high + (low >> 9)) with its rounding, before the shift by 14: the same number as (high * 2^9 + low) rounded at 23.
__m256i Round(__m256i high, __m256i low) {
  const __m256i sum = _mm256_add_epi32(high, _mm256_srai_epi32(low, 9));
  return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(1 << 13)), 14);
}

__m256i MultiplyAdd(__m256i sum, __m256i samples, __m256i coefficients) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(samples, coefficients));
}

// Two neighbouring coefficients in every lane.
__m256i PairOf(const int16_t* coefficients) {
  int32_t pair;
  std::memcpy(&pair, coefficients, sizeof pair);
  return _mm256_set1_epi32(pair);
}

// One output by its dot product.
int16_t Dot(const int16_t* high, const int16_t* low, const int16_t* window, size_t from, size_t taps) {
  __m256i high_sum = _mm256_setzero_si256();
  __m256i low_sum = _mm256_setzero_si256();
  for (size_t tap = from; tap < taps; tap += 16) {
    const __m256i samples = Load(window + tap);
    high_sum = MultiplyAdd(high_sum, samples, Load(high + tap));
    low_sum = MultiplyAdd(low_sum, samples, Load(low + tap));
  }
  // h h l l | h h l l, then h l h l | ..., then the two lanes.
  __m256i both = _mm256_hadd_epi32(high_sum, low_sum);
  both = _mm256_hadd_epi32(both, both);
  const __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
  const int32_t sum = _mm_cvtsi128_si32(sums) + (_mm_extract_epi32(sums, 1) >> 9);
  const int32_t rounded = (sum + (1 << 13)) >> 14;
  return static_cast<int16_t>(rounded < INT16_MIN ? INT16_MIN : rounded > INT16_MAX ? INT16_MAX : rounded);
}

// Any pair of rates: an output at a time.
void ResampleAny(const FirBank& bank, const int16_t* window, uint32_t phase, size_t count, int16_t* output) {
  const size_t from = bank.zeros & ~size_t{15};
  for (size_t n = 0; n < count; ++n) {
    output[n] = Dot(bank.high + phase * bank.taps, bank.low + phase * bank.taps, window, from, bank.taps);
    phase += bank.advance;
    window += phase / bank.phases;
    phase %= bank.phases;
  }
}

// 2:1, sixteen outputs at a time. Output n of a tap pair k needs samples 2n + k and 2n + k + 1: neighbours, and so one
// 32-bit lane of an ordinary load.
void ResampleHalf(const FirBank& bank, const int16_t* window, size_t count, int16_t* output) {
  size_t n = 0;
  for (; n + 16 <= count; n += 16) {
    const int16_t* samples = window + 2 * n;
    __m256i high[2] = {}, low[2] = {};
    for (size_t tap = bank.zeros; tap < bank.taps; tap += 2) {
      const __m256i high_pair = PairOf(bank.high + tap);
      const __m256i low_pair = PairOf(bank.low + tap);
      const __m256i first = Load(samples + tap);
      const __m256i second = Load(samples + tap + 16);
      high[0] = MultiplyAdd(high[0], first, high_pair);
      high[1] = MultiplyAdd(high[1], second, high_pair);
      low[0] = MultiplyAdd(low[0], first, low_pair);
      low[1] = MultiplyAdd(low[1], second, low_pair);
    }
    const __m256i packed = _mm256_packs_epi32(Round(high[0], low[0]), Round(high[1], low[1]));
    Store(output + n, _mm256_permute4x64_epi64(packed, 0xD8));
  }
  ResampleAny(bank, window + 2 * n, 0, count - n, output + n);
}

// 1:2, sixteen outputs (eight of each phase) at a time, from phase 0. A lane is a sample and the one after it.
void ResampleDouble(const FirBank& bank, const int16_t* window, size_t count, int16_t* output) {
  const int16_t* high_odd = bank.high + bank.taps;
  const int16_t* low_odd = bank.low + bank.taps;
  size_t n = 0;
  for (; n + 16 <= count; n += 16) {
    const int16_t* samples = window + n / 2;
    __m256i high[2] = {}, low[2] = {};
    for (size_t tap = bank.zeros; tap < bank.taps; tap += 2) {
      const __m128i these = _mm_loadu_si128(reinterpret_cast<const __m128i*>(samples + tap));
      const __m128i next = _mm_loadu_si128(reinterpret_cast<const __m128i*>(samples + tap + 1));
      const __m256i pairs = _mm256_set_m128i(_mm_unpackhi_epi16(these, next), _mm_unpacklo_epi16(these, next));
      high[0] = MultiplyAdd(high[0], pairs, PairOf(bank.high + tap));
      low[0] = MultiplyAdd(low[0], pairs, PairOf(bank.low + tap));
      high[1] = MultiplyAdd(high[1], pairs, PairOf(high_odd + tap));
      low[1] = MultiplyAdd(low[1], pairs, PairOf(low_odd + tap));
    }
    const __m256i even = Round(high[0], low[0]);
    const __m256i odd = Round(high[1], low[1]);
    // Within a lane: even 0-3, odd 0-3; then even 0, odd 0, even 1, ...
    const __m256i packed = _mm256_packs_epi32(even, odd);
    const __m256i interleave = _mm256_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15,  //
                                                0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
    Store(output + n, _mm256_shuffle_epi8(packed, interleave));
  }
  ResampleAny(bank, window + n / 2, 0, count - n, output + n);
}

void Resample(const FirBank& bank, const int16_t* window, uint32_t phase, size_t count, int16_t* output) {
  if (bank.phases == 1 && bank.advance == 2) return ResampleHalf(bank, window, count, output);
  if (bank.phases != 2 || bank.advance != 1 || count == 0) return ResampleAny(bank, window, phase, count, output);
  if (phase == 1) {
    ResampleAny(bank, window, phase, 1, output);
    return ResampleDouble(bank, window + 1, count - 1, output + 1);
  }
  ResampleDouble(bank, window, count, output);
}

}  // namespace
}  // namespace trunkline

TRUNKLINE_TARGET_END

namespace trunkline {

const Kernels kAvx2Kernels = {
    "avx2",       MulawDecode,  MulawEncode, AlawDecode, AlawEncode,
    Base64Encode, Base64Decode, PlainLength, Energy,     Resample,
};

}  // namespace trunkline

#endif  // TRUNKLINE_HAS_X64
