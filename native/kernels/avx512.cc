// The kernels for AVX-512, in two tables: what Skylake's servers have (F, BW, VL, DQ), and what VBMI does better.
// The contracts are in kernels.h; widths below are in bits of one register, 512. Ends are done with masks: a masked
// load or store touches nothing outside its mask.
#include "kernels/tables.h"

#ifdef TRUNKLINE_HAS_X64

// GCC 12's own header starts some intrinsics from a register that it calls uninitialised (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstring>

#include "dsp/g711.h"
#include "kernels/target_region.h"
#include "wire/base64_alphabet.h"

namespace trunkline {
namespace {

// Bytes of the positive half of a decoding table, low and high ones apart, and of the negative half.
struct DecodingBytes {
  alignas(64) uint8_t low[256];
  alignas(64) uint8_t high[256];
};

constexpr DecodingBytes ToBytes(const std::array<int16_t, 256>& values) {
  DecodingBytes bytes = {};
  for (int code = 0; code < 256; ++code) {
    bytes.low[code] = static_cast<uint8_t>(values[code] & 0xFF);
    bytes.high[code] = static_cast<uint8_t>(values[code] >> 8 & 0xFF);
  }
  return bytes;
}

// For encoding, by the upper byte of a magnitude (0 to 127): how far to shift it so that its step is at the end, and
// what to add then for the code without its sign. A step carries the leading bit above it, but for A-law's segment 0.
struct EncodingBytes {
  alignas(64) uint8_t shift[128];
  alignas(64) uint8_t base[128];
};

constexpr EncodingBytes ToEncodingBytes(bool is_alaw) {
  EncodingBytes bytes = {};
  for (int upper = 0; upper < 128; ++upper) {
    const int segment = G711Segment(upper << 8);
    const bool is_linear = is_alaw && segment == 0;
    bytes.shift[upper] = static_cast<uint8_t>(is_linear ? 4 : segment + 3);
    bytes.base[upper] = static_cast<uint8_t>(is_linear ? 0 : segment * 16 - 16);
  }
  return bytes;
}

alignas(64) constexpr EncodingBytes kMulawSegments = ToEncodingBytes(false);
alignas(64) constexpr EncodingBytes kAlawSegments = ToEncodingBytes(true);

alignas(64) constexpr DecodingBytes kMulawBytes = ToBytes(kMulawToLinear);
alignas(64) constexpr DecodingBytes kAlawBytes = ToBytes(kAlawToLinear);

}  // namespace
}  // namespace trunkline

TRUNKLINE_TARGET_BEGIN("avx512f,avx512bw,avx512vl,avx512dq")

namespace trunkline {
namespace {

__m512i Load(const void* from) { return _mm512_loadu_si512(from); }
void Store(void* to, __m512i value) { _mm512_storeu_si512(to, value); }

// Runs `block(at)` over [0, count) by `width`, the last one moved back over work already done: count >= width.
// Input and output lie apart, so doing a sample twice changes nothing, and it is cheaper than a masked store.
template <size_t width, typename Block>
void EachBlock(size_t count, Block block) {
  const size_t last = count - width;
  for (size_t at = 0;; at = at + width < last ? at + width : last) {
    block(at);
    if (at == last) return;
  }
}

// A mask of the first `count` of 64 or 32 lanes.
__mmask64 First64(size_t count) { return count >= 64 ? ~__mmask64{0} : (__mmask64{1} << count) - 1; }
__mmask32 First32(size_t count) { return count >= 32 ? ~__mmask32{0} : (__mmask32{1} << count) - 1; }
__mmask16 First16(size_t count) {
  return count >= 16 ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1U << count) - 1);
}

// 32 codes in words, by the recommendation's formulas: (step * 8 + 132) << segment, less 132.
__m512i MulawLevels(__m512i code) {
  const __m512i plain = _mm512_xor_si512(code, _mm512_set1_epi16(0xFF));
  const __m512i steps = _mm512_slli_epi16(_mm512_and_si512(plain, _mm512_set1_epi16(0x0F)), 3);
  const __m512i segment = _mm512_and_si512(_mm512_srli_epi16(plain, 4), _mm512_set1_epi16(7));
  const __m512i biased = _mm512_sllv_epi16(_mm512_add_epi16(steps, _mm512_set1_epi16(kMulawBias)), segment);
  return _mm512_sub_epi16(biased, _mm512_set1_epi16(kMulawBias));
}

// step * 16 + 8 in segment 0, (step * 16 + 264) << (segment - 1) above.
__m512i AlawLevels(__m512i code) {
  const __m512i plain = _mm512_xor_si512(code, _mm512_set1_epi16(kAlawMask));
  const __m512i steps = _mm512_slli_epi16(_mm512_and_si512(plain, _mm512_set1_epi16(0x0F)), 4);
  const __m512i segment = _mm512_and_si512(_mm512_srli_epi16(plain, 4), _mm512_set1_epi16(7));
  const __mmask32 is_linear = _mm512_testn_epi16_mask(segment, segment);
  const __m512i base = _mm512_mask_blend_epi16(is_linear, _mm512_set1_epi16(0x108), _mm512_set1_epi16(8));
  return _mm512_sllv_epi16(_mm512_add_epi16(steps, base), _mm512_subs_epu16(segment, _mm512_set1_epi16(1)));
}

template <__m512i (*levels)(__m512i)>
void Decode(const uint8_t* codes, size_t count, int16_t* samples) {
  const __m512i sign_bit = _mm512_set1_epi16(0x80);
  for (size_t at = 0; at < count; at += 32) {
    const __mmask32 lanes = First32(count - at);
    const __m512i code = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(lanes, codes + at));
    const __m512i level = levels(code);
    const __mmask32 is_negative = _mm512_testn_epi16_mask(code, sign_bit);
    const __m512i sample = _mm512_mask_sub_epi16(level, is_negative, _mm512_setzero_si512(), level);
    _mm512_mask_storeu_epi16(samples + at, lanes, sample);
  }
}

// Segment and step of 32 magnitudes of at most 15 bits. A float of one holds both: its exponent is the segment + 134
// and the top four bits of its mantissa are the step. Exact, since 15 bits fit a float. Negative below 128.
__m512i SegmentAndStep(__m512i magnitude) {
  const __m512i zero = _mm512_setzero_si512();
  const __m512 low = _mm512_cvtepi32_ps(_mm512_unpacklo_epi16(magnitude, zero));
  const __m512 high = _mm512_cvtepi32_ps(_mm512_unpackhi_epi16(magnitude, zero));
  const __m512i both = _mm512_packus_epi32(_mm512_srli_epi32(_mm512_castps_si512(low), 19),
                                           _mm512_srli_epi32(_mm512_castps_si512(high), 19));
  return _mm512_sub_epi16(both, _mm512_set1_epi16(134 << 4));
}

__m512i MulawMagnitude(__m512i sample) {
  // abs(-32768) is 32768 as an unsigned number. Whatever is above 32635 is coded as 32635 is.
  const __m512i magnitude = _mm512_min_epu16(_mm512_abs_epi16(sample), _mm512_set1_epi16(32767 - kMulawBias));
  return _mm512_add_epi16(magnitude, _mm512_set1_epi16(kMulawBias));
}

__m512i AlawMagnitude(__m512i sample) { return _mm512_xor_si512(sample, _mm512_srai_epi16(sample, 15)); }

__m512i MulawSteps(__m512i sample) { return SegmentAndStep(MulawMagnitude(sample)); }

__m512i AlawSteps(__m512i sample) {
  const __m512i magnitude = AlawMagnitude(sample);
  // Segment 0 is linear. There magnitude / 16 is the greater of the two, and everywhere else it is over 15.
  const __m512i linear = _mm512_min_epi16(_mm512_srli_epi16(magnitude, 4), _mm512_set1_epi16(15));
  return _mm512_max_epi16(SegmentAndStep(magnitude), linear);
}

// `inverted` is the code of +0, and bit 7 goes off for negative samples.
template <__m512i (*steps)(__m512i), int inverted>
__m512i ToCodes(__m512i first, __m512i second) {
  const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
  const __m512i magnitudes = _mm512_packus_epi16(steps(first), steps(second));
  const __m512i signs = _mm512_and_si512(_mm512_packs_epi16(first, second), _mm512_set1_epi8(static_cast<char>(0x80)));
  const __m512i positive = _mm512_set1_epi8(static_cast<char>(inverted));
  return _mm512_permutexvar_epi64(order, _mm512_xor_si512(_mm512_xor_si512(magnitudes, positive), signs));
}

template <__m512i (*steps)(__m512i), int inverted>
void Encode(const int16_t* samples, size_t count, uint8_t* codes) {
  size_t at = 0;
  for (; at + 64 <= count; at += 64) {
    Store(codes + at, ToCodes<steps, inverted>(Load(samples + at), Load(samples + at + 32)));
  }
  if (at == count) return;
  const size_t left = count - at;
  const __m512i first = _mm512_maskz_loadu_epi16(First32(left), samples + at);
  const __m512i second = _mm512_maskz_loadu_epi16(First32(left > 32 ? left - 32 : 0), samples + at + 32);
  _mm512_mask_storeu_epi8(codes + at, First64(left), ToCodes<steps, inverted>(first, second));
}

size_t PlainLength(const char* text, size_t count) {
  for (size_t at = 0; at < count; at += 64) {
    const __mmask64 lanes = First64(count - at);
    const __m512i input = _mm512_maskz_loadu_epi8(lanes, text + at);
    // Signed: a byte from 0x80 up is negative, so below 0x20 too.
    const __mmask64 stops = _mm512_mask_cmplt_epi8_mask(lanes, input, _mm512_set1_epi8(0x20)) |
                            _mm512_mask_cmpeq_epi8_mask(lanes, input, _mm512_set1_epi8('"')) |
                            _mm512_mask_cmpeq_epi8_mask(lanes, input, _mm512_set1_epi8('\\'));
    if (stops != 0) return at + static_cast<size_t>(std::countr_zero(static_cast<uint64_t>(stops)));
  }
  return count;
}

uint64_t Energy(const int16_t* samples, size_t count) {
  __m512i sums = _mm512_setzero_si512();
  const __m512i low_half = _mm512_set1_epi64(0xFFFFFFFF);
  for (size_t at = 0; at < count; at += 32) {
    const __m512i sample = _mm512_maskz_loadu_epi16(First32(count - at), samples + at);
    // Two squares are at most 2^31: right as an unsigned number.
    const __m512i squares = _mm512_madd_epi16(sample, sample);
    sums = _mm512_add_epi64(sums, _mm512_and_si512(squares, low_half));
    sums = _mm512_add_epi64(sums, _mm512_srli_epi64(squares, 32));
  }
  return static_cast<uint64_t>(_mm512_reduce_add_epi64(sums));
}

// (high + (low >> 9)) with its rounding, before the shift by 14: the same number as (high * 2^9 + low) rounded at 23.
__m512i Round(__m512i high, __m512i low) {
  const __m512i sum = _mm512_add_epi32(high, _mm512_srai_epi32(low, 9));
  return _mm512_srai_epi32(_mm512_add_epi32(sum, _mm512_set1_epi32(1 << 13)), 14);
}

// Two neighbouring coefficients in every lane.
__m512i PairOf(const int16_t* coefficients) {
  int32_t pair;
  std::memcpy(&pair, coefficients, sizeof pair);
  return _mm512_set1_epi32(pair);
}

__m256i Halves(__m512i sum) {
  return _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
}

int16_t RoundDot(__m512i high_sum, __m512i low_sum) {
  // h h l l | h h l l, then h l h l | ..., then the two lanes.
  __m256i both = _mm256_hadd_epi32(Halves(high_sum), Halves(low_sum));
  both = _mm256_hadd_epi32(both, both);
  const __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
  const int32_t sum = _mm_cvtsi128_si32(sums) + (_mm_extract_epi32(sums, 1) >> 9);
  const int32_t rounded = (sum + (1 << 13)) >> 14;
  return static_cast<int16_t>(rounded < INT16_MIN ? INT16_MIN : rounded > INT16_MAX ? INT16_MAX : rounded);
}

__m512i MultiplyAdd(__m512i sum, __m512i samples, __m512i coefficients) {
  return _mm512_add_epi32(sum, _mm512_madd_epi16(samples, coefficients));
}

// Any pair of rates: an output at a time, its dot product 32 taps at a time. Half a register of taps may be left.
void ResampleAny(const FirBank& bank, const int16_t* window, uint32_t phase, size_t count, int16_t* output) {
  const size_t from = bank.zeros & ~size_t{15};
  for (size_t n = 0; n < count; ++n) {
    const int16_t* high = bank.high + phase * bank.taps;
    const int16_t* low = bank.low + phase * bank.taps;
    __m512i high_sum = _mm512_setzero_si512();
    __m512i low_sum = _mm512_setzero_si512();
    size_t tap = from;
    for (; tap + 32 <= bank.taps; tap += 32) {
      const __m512i samples = Load(window + tap);
      high_sum = MultiplyAdd(high_sum, samples, Load(high + tap));
      low_sum = MultiplyAdd(low_sum, samples, Load(low + tap));
    }
    if (tap < bank.taps) {
      const __mmask32 lanes = First32(bank.taps - tap);
      const __m512i samples = _mm512_maskz_loadu_epi16(lanes, window + tap);
      high_sum = MultiplyAdd(high_sum, samples, _mm512_maskz_loadu_epi16(lanes, high + tap));
      low_sum = MultiplyAdd(low_sum, samples, _mm512_maskz_loadu_epi16(lanes, low + tap));
    }
    output[n] = RoundDot(high_sum, low_sum);
    phase += bank.advance;
    window += phase / bank.phases;
    phase %= bank.phases;
  }
}

// 2:1, sixteen outputs in a register and two registers at a time. Output n of a tap pair k needs samples 2n + k and
// 2n + k + 1: neighbours, and so one 32-bit lane of an ordinary load.
void ResampleHalf(const FirBank& bank, const int16_t* window, size_t count, int16_t* output) {
  size_t n = 0;
  for (; n < count; n += 32) {
    const int16_t* samples = window + 2 * n;
    const __mmask16 first_lanes = First16(count - n);
    const __mmask16 second_lanes = First16(count - n > 16 ? count - n - 16 : 0);
    __m512i high[2] = {}, low[2] = {};
    for (size_t tap = bank.zeros; tap < bank.taps; tap += 2) {
      const __m512i high_pair = PairOf(bank.high + tap);
      const __m512i low_pair = PairOf(bank.low + tap);
      const __m512i first = _mm512_maskz_loadu_epi32(first_lanes, samples + tap);
      const __m512i second = _mm512_maskz_loadu_epi32(second_lanes, samples + tap + 32);
      high[0] = MultiplyAdd(high[0], first, high_pair);
      high[1] = MultiplyAdd(high[1], second, high_pair);
      low[0] = MultiplyAdd(low[0], first, low_pair);
      low[1] = MultiplyAdd(low[1], second, low_pair);
    }
    _mm256_mask_storeu_epi16(output + n, first_lanes, _mm512_cvtsepi32_epi16(Round(high[0], low[0])));
    _mm256_mask_storeu_epi16(output + n + 16, second_lanes, _mm512_cvtsepi32_epi16(Round(high[1], low[1])));
  }
}

// 1:2, sixteen outputs of each phase at a time, from phase 0. A lane is a sample and the one after it; a lane of the
// result is an output of phase 0 and one of phase 1.
void ResampleDouble(const FirBank& bank, const int16_t* window, size_t count, int16_t* output) {
  const int16_t* high_odd = bank.high + bank.taps;
  const int16_t* low_odd = bank.low + bank.taps;
  const __m512i least = _mm512_set1_epi32(INT16_MIN);
  const __m512i most = _mm512_set1_epi32(INT16_MAX);
  // Of seventeen samples, each and the one after it.
  const __m512i pairing = _mm512_set_epi32(0x0010000F, 0x000F000E, 0x000E000D, 0x000D000C, 0x000C000B, 0x000B000A,  //
                                           0x000A0009, 0x00090008, 0x00080007, 0x00070006, 0x00060005, 0x00050004,  //
                                           0x00040003, 0x00030002, 0x00020001, 0x00010000);
  for (size_t n = 0; n < count; n += 32) {
    const int16_t* samples = window + n / 2;
    const size_t lanes = count - n < 32 ? (count - n + 1) / 2 : 16;
    const __mmask32 needed = First32(lanes + 1);
    __m512i high[2] = {}, low[2] = {};
    for (size_t tap = bank.zeros; tap < bank.taps; tap += 2) {
      const __m512i pairs = _mm512_permutexvar_epi16(pairing, _mm512_maskz_loadu_epi16(needed, samples + tap));
      high[0] = MultiplyAdd(high[0], pairs, PairOf(bank.high + tap));
      low[0] = MultiplyAdd(low[0], pairs, PairOf(bank.low + tap));
      high[1] = MultiplyAdd(high[1], pairs, PairOf(high_odd + tap));
      low[1] = MultiplyAdd(low[1], pairs, PairOf(low_odd + tap));
    }
    const __m512i even = _mm512_min_epi32(_mm512_max_epi32(Round(high[0], low[0]), least), most);
    const __m512i odd = _mm512_min_epi32(_mm512_max_epi32(Round(high[1], low[1]), least), most);
    const __m512i both = _mm512_mask_blend_epi16(0xAAAAAAAA, even, _mm512_slli_epi32(odd, 16));
    _mm512_mask_storeu_epi16(output + n, First32(count - n), both);
  }
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

#define TRUNKLINE_VBMI "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi"

TRUNKLINE_TARGET_BEGIN("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")

namespace trunkline {
namespace {

__m512i LoadAligned(const void* from) { return _mm512_load_si512(from); }

// 64 codes: each byte of a value is looked up among 128 by two registers, once for either half of the codes.
//
//   1. quarters 0 4 1 5 2 6 3 7, so that the unpacking of 128-bit lanes leaves samples in order
//   2. low and high bytes of the values
//   3. words
struct Lookup {
  __m512i negative[2];
  __m512i positive[2];
};

Lookup LoadLookup(const uint8_t* table) {
  return {{LoadAligned(table), LoadAligned(table + 64)}, {LoadAligned(table + 128), LoadAligned(table + 192)}};
}

__m512i LookUp(const Lookup& lookup, __m512i code, __mmask64 is_positive) {
  const __m512i negative = _mm512_permutex2var_epi8(lookup.negative[0], code, lookup.negative[1]);
  const __m512i positive = _mm512_permutex2var_epi8(lookup.positive[0], code, lookup.positive[1]);
  return _mm512_mask_blend_epi8(is_positive, negative, positive);
}

template <const DecodingBytes& table>
void DecodeVbmi(const uint8_t* codes, size_t count, int16_t* samples) {
  const Lookup lows = LoadLookup(table.low);
  const Lookup highs = LoadLookup(table.high);
  const __m512i order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
  const auto store = [&](size_t at, __m512i input, auto store_half) TRUNKLINE_LAMBDA(TRUNKLINE_VBMI) {
    const __m512i code = _mm512_permutexvar_epi64(order, input);
    const __mmask64 is_positive = _mm512_movepi8_mask(code);
    const __m512i low = LookUp(lows, code, is_positive);
    const __m512i high = LookUp(highs, code, is_positive);
    store_half(at, _mm512_unpacklo_epi8(low, high));
    store_half(at + 32, _mm512_unpackhi_epi8(low, high));
  };
  if (count >= 64) {
    EachBlock<64>(count, [&](size_t at) TRUNKLINE_LAMBDA(TRUNKLINE_VBMI) {
      store(at, Load(codes + at), [&](size_t half, __m512i values) TRUNKLINE_LAMBDA(TRUNKLINE_VBMI) {
        Store(samples + half, values);
      });
    });
  } else {
    store(0, _mm512_maskz_loadu_epi8(First64(count), codes), [&](size_t half, __m512i values) TRUNKLINE_LAMBDA(TRUNKLINE_VBMI) {
      _mm512_mask_storeu_epi16(samples + half, First32(count > half ? count - half : 0), values);
    });
  }
}

// 64 samples at a time: segments by lookup, steps by a shift of each word. `inverted` is the code of +0, and bit 7 goes
// off for negative samples. Packing works in 128-bit lanes; the last permutation puts the quarters right.
template <__m512i (*magnitude)(__m512i), const EncodingBytes& table, int inverted>
void EncodeVbmi(const int16_t* samples, size_t count, uint8_t* codes) {
  const __m512i shifts[2] = {LoadAligned(table.shift), LoadAligned(table.shift + 64)};
  const __m512i bases[2] = {LoadAligned(table.base), LoadAligned(table.base + 64)};
  const __m512i positive = _mm512_set1_epi8(static_cast<char>(inverted));
  const __m512i sign_bit = _mm512_set1_epi8(static_cast<char>(0x80));
  const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
  constexpr __mmask64 kLowBytes = 0x5555555555555555;
  constexpr int kSignOff = 0x78;  // a ^ (b & c)
  const auto codes_of = [&](__m512i first, __m512i second) TRUNKLINE_LAMBDA(TRUNKLINE_VBMI) {
    const __m512i magnitudes[2] = {magnitude(first), magnitude(second)};
    const __m512i uppers[2] = {_mm512_srli_epi16(magnitudes[0], 8), _mm512_srli_epi16(magnitudes[1], 8)};
    const __m512i steps[2] = {
        _mm512_srlv_epi16(magnitudes[0],
                          _mm512_maskz_permutex2var_epi8(kLowBytes, shifts[0], uppers[0], shifts[1])),
        _mm512_srlv_epi16(magnitudes[1],
                          _mm512_maskz_permutex2var_epi8(kLowBytes, shifts[0], uppers[1], shifts[1]))};
    const __m512i base =
        _mm512_permutex2var_epi8(bases[0], _mm512_packus_epi16(uppers[0], uppers[1]), bases[1]);
    const __m512i plain = _mm512_add_epi8(base, _mm512_packus_epi16(steps[0], steps[1]));
    const __m512i code = _mm512_ternarylogic_epi64(_mm512_xor_si512(plain, positive),
                                                   _mm512_packs_epi16(first, second), sign_bit, kSignOff);
    return _mm512_permutexvar_epi64(order, code);
  };
  if (count >= 64) {
    EachBlock<64>(count, [&](size_t at) TRUNKLINE_LAMBDA(TRUNKLINE_VBMI) {
      Store(codes + at, codes_of(Load(samples + at), Load(samples + at + 32)));
    });
  } else if (count > 0) {
    const __m512i first = _mm512_maskz_loadu_epi16(First32(count), samples);
    const __m512i second = _mm512_maskz_loadu_epi16(First32(count > 32 ? count - 32 : 0), samples + 32);
    _mm512_mask_storeu_epi8(codes, First64(count), codes_of(first, second));
  }
}

// Base64 after W. Mula and D. Lemire, "Base64 encoding and decoding at almost the speed of a memory copy" (2019).
//
// 48 bytes to 64 characters: three bytes a b c of each group are laid out as b a c b, one instruction shifts the four
// groups of six bits into bytes of their own, and one looks them up.
__m512i ToCharacters(__m512i bytes) {
  const __m512i spread = _mm512_set_epi32(0x2E2F2D2E, 0x2B2C2A2B, 0x28292728, 0x25262425,  //
                                          0x22232122, 0x1F201E1F, 0x1C1D1B1C, 0x191A1819,  //
                                          0x16171516, 0x13141213, 0x10110F10, 0x0D0E0C0D,  //
                                          0x0A0B090A, 0x07080607, 0x04050304, 0x01020001);
  const __m512i shifts = _mm512_set1_epi64(0x3036242A1016040A);
  const __m512i alphabet = _mm512_loadu_si512(kBase64Alphabet);
  const __m512i groups = _mm512_permutexvar_epi8(spread, bytes);
  return _mm512_permutexvar_epi8(_mm512_multishift_epi64_epi8(shifts, groups), alphabet);
}

size_t Base64EncodeVbmi(const uint8_t* bytes, size_t count, char* text) {
  char* out = text;
  size_t at = 0;
  for (; at + 48 <= count; at += 48, out += 64) {
    Store(out, ToCharacters(_mm512_maskz_loadu_epi8(First64(48), bytes + at)));
  }
  if (at == count) return static_cast<size_t>(out - text);
  // What is missing in the last group reads as zero bits; its characters become padding.
  const size_t left = count - at;
  const size_t characters = (left + 2) / 3 * 4;
  _mm512_mask_storeu_epi8(out, First64(characters), ToCharacters(_mm512_maskz_loadu_epi8(First64(left), bytes + at)));
  out += characters;
  const size_t padding = (3 - left % 3) % 3;
  if (padding >= 1) out[-1] = '=';
  if (padding == 2) out[-2] = '=';
  return static_cast<size_t>(out - text);
}

// 64 characters to 48 bytes. Bit 7 of a character or of its value is set where it is none of the alphabet.
struct Sextets {
  __m512i low_characters;
  __m512i high_characters;
};

__m512i ToBytes(const Sextets& sextets, __m512i characters, __m512i* wrong) {
  const __m512i gather = _mm512_set_epi32(0, 0, 0, 0, 0x3C3D3E38, 0x393A3435, 0x36303132, 0x2C2D2E28,  //
                                          0x292A2425, 0x26202122, 0x1C1D1E18, 0x191A1415,              //
                                          0x16101112, 0x0C0D0E08, 0x090A0405, 0x06000102);
  const __m512i values =
      _mm512_permutex2var_epi8(sextets.low_characters, characters, sextets.high_characters);
  *wrong = _mm512_ternarylogic_epi32(*wrong, values, characters, 0xFE);
  const __m512i pairs = _mm512_maddubs_epi16(values, _mm512_set1_epi32(0x01400140));
  const __m512i quads = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000));
  return _mm512_permutexvar_epi8(gather, quads);
}

size_t Base64DecodeVbmi(const char* text, size_t count, uint8_t* bytes) {
  if (count % 4 != 0) return kNotBase64;
  if (count == 0) return 0;
  const Sextets sextets = {Load(kBase64Values.data()), Load(kBase64Values.data() + 64)};
  const size_t padding = text[count - 1] != '=' ? 0 : text[count - 2] != '=' ? 1 : 2;
  const size_t characters = count - padding;
  __m512i wrong = _mm512_setzero_si512();
  uint8_t* out = bytes;
  size_t at = 0;
  for (; at + 64 <= characters; at += 64, out += 48) {
    _mm512_mask_storeu_epi8(out, First64(48), ToBytes(sextets, Load(text + at), &wrong));
  }
  if (at < characters) {
    // 'A' stands for zero bits. Characters before padding leave whole bytes and bits over, which must be zero.
    const __mmask64 lanes = First64(characters - at);
    const __m512i input = _mm512_mask_loadu_epi8(_mm512_set1_epi8('A'), lanes, text + at);
    const size_t written = (characters - at) * 3 / 4;
    _mm512_mask_storeu_epi8(out, First64(written), ToBytes(sextets, input, &wrong));
    out += written;
  }
  if (_mm512_movepi8_mask(wrong) != 0) return kNotBase64;
  const uint8_t unused = padding == 2 ? 15 : padding == 1 ? 3 : 0;
  if ((kBase64Values[static_cast<uint8_t>(text[characters - 1])] & unused) != 0) return kNotBase64;
  return static_cast<size_t>(out - bytes);
}

}  // namespace
}  // namespace trunkline

TRUNKLINE_TARGET_END

namespace trunkline {

const Kernels kAvx512bwKernels = {
    "avx512bw", Decode<MulawLevels>, Encode<MulawSteps, 0xFF>, Decode<AlawLevels>, Encode<AlawSteps, 0xD5>,
    nullptr,    nullptr,             PlainLength,              Energy,             Resample,
};

const Kernels kAvx512Kernels = {
    "avx512",
    DecodeVbmi<kMulawBytes>,
    EncodeVbmi<MulawMagnitude, kMulawSegments, 0xFF>,
    DecodeVbmi<kAlawBytes>,
    EncodeVbmi<AlawMagnitude, kAlawSegments, 0xD5>,
    Base64EncodeVbmi,
    Base64DecodeVbmi,
    nullptr,
    nullptr,
    nullptr,
};

}  // namespace trunkline

#endif  // TRUNKLINE_HAS_X64
