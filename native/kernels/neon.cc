// The kernels for NEON, which every 64-bit ARM has. The contracts are in kernels.h; a register has 128 bits.
#include "kernels/tables.h"

#ifdef TRUNKLINE_HAS_NEON

#include <arm_neon.h>

#include "dsp/g711.h"
#include "wire/base64_alphabet.h"

namespace trunkline {
namespace {

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

// Eight codes in words, by the recommendation's formulas: (step * 8 + 132) << segment, less 132.
int16x8_t MulawLevels(uint16x8_t code) {
  const uint16x8_t plain = veorq_u16(code, vdupq_n_u16(0xFF));
  const uint16x8_t steps = vshlq_n_u16(vandq_u16(plain, vdupq_n_u16(0x0F)), 3);
  const uint16x8_t segment = vandq_u16(vshrq_n_u16(plain, 4), vdupq_n_u16(7));
  const uint16x8_t biased = vshlq_u16(vaddq_u16(steps, vdupq_n_u16(kMulawBias)), vreinterpretq_s16_u16(segment));
  return vreinterpretq_s16_u16(vsubq_u16(biased, vdupq_n_u16(kMulawBias)));
}

// step * 16 + 8 in segment 0, (step * 16 + 264) << (segment - 1) above.
int16x8_t AlawLevels(uint16x8_t code) {
  const uint16x8_t plain = veorq_u16(code, vdupq_n_u16(kAlawMask));
  const uint16x8_t steps = vshlq_n_u16(vandq_u16(plain, vdupq_n_u16(0x0F)), 4);
  const uint16x8_t segment = vandq_u16(vshrq_n_u16(plain, 4), vdupq_n_u16(7));
  const uint16x8_t base = vbslq_u16(vceqzq_u16(segment), vdupq_n_u16(8), vdupq_n_u16(0x108));
  const uint16x8_t shift = vqsubq_u16(segment, vdupq_n_u16(1));
  return vreinterpretq_s16_u16(vshlq_u16(vaddq_u16(steps, base), vreinterpretq_s16_u16(shift)));
}

int16x8_t WithSign(int16x8_t level, uint16x8_t code) {
  const uint16x8_t is_positive = vtstq_u16(code, vdupq_n_u16(0x80));
  return vbslq_s16(is_positive, level, vnegq_s16(level));
}

template <int16x8_t (*levels)(uint16x8_t)>
void Decode(const uint8_t* codes, size_t count, int16_t* samples) {
  EachBlock<16>(count, [&](size_t at) {
    const uint8x16_t code = vld1q_u8(codes + at);
    const uint16x8_t low = vmovl_u8(vget_low_u8(code));
    const uint16x8_t high = vmovl_high_u8(code);
    vst1q_s16(samples + at, WithSign(levels(low), low));
    vst1q_s16(samples + at + 8, WithSign(levels(high), high));
  });
}

void MulawDecode(const uint8_t* codes, size_t count, int16_t* samples) {
  if (count >= 16) return Decode<MulawLevels>(codes, count, samples);
  for (size_t i = 0; i < count; ++i) samples[i] = kMulawToLinear[codes[i]];
}

void AlawDecode(const uint8_t* codes, size_t count, int16_t* samples) {
  if (count >= 16) return Decode<AlawLevels>(codes, count, samples);
  for (size_t i = 0; i < count; ++i) samples[i] = kAlawToLinear[codes[i]];
}

// Segment of eight magnitudes of 8 bits or more, 15 at most: the place of the highest bit, less 7.
uint16x8_t SegmentOf(uint16x8_t magnitude) { return vsubq_u16(vdupq_n_u16(8), vclzq_u16(magnitude)); }

// segment * 16 + step, where the step is the `from + segment` shifted magnitude's low four bits.
uint16x8_t StepsOf(uint16x8_t magnitude, uint16x8_t segment, uint16x8_t shift) {
  const int16x8_t right = vnegq_s16(vreinterpretq_s16_u16(shift));
  const uint16x8_t step = vandq_u16(vshlq_u16(magnitude, right), vdupq_n_u16(0x0F));
  return vorrq_u16(vshlq_n_u16(segment, 4), step);
}

uint16x8_t MulawSteps(int16x8_t sample) {
  // The saturating absolute value of -32768 is 32767. Whatever is above 32635 is coded as 32635 is.
  const uint16x8_t plain = vreinterpretq_u16_s16(vqabsq_s16(sample));
  const uint16x8_t clipped = vminq_u16(plain, vdupq_n_u16(32767 - kMulawBias));
  const uint16x8_t magnitude = vaddq_u16(clipped, vdupq_n_u16(kMulawBias));
  const uint16x8_t segment = SegmentOf(magnitude);
  return StepsOf(magnitude, segment, vaddq_u16(segment, vdupq_n_u16(3)));
}

uint16x8_t AlawSteps(int16x8_t sample) {
  const uint16x8_t magnitude = vreinterpretq_u16_s16(veorq_s16(sample, vshrq_n_s16(sample, 15)));
  const uint16x8_t segment = SegmentOf(vorrq_u16(magnitude, vdupq_n_u16(0xFF)));
  // Segment 0 is as wide as segment 1.
  return StepsOf(magnitude, segment, vmaxq_u16(vaddq_u16(segment, vdupq_n_u16(3)), vdupq_n_u16(4)));
}

// `inverted` is the code of +0, and bit 7 goes off for negative samples.
template <uint16x8_t (*steps)(int16x8_t), int inverted>
void Encode(const int16_t* samples, size_t count, uint8_t* codes) {
  EachBlock<16>(count, [&](size_t at) {
    const int16x8_t first = vld1q_s16(samples + at);
    const int16x8_t second = vld1q_s16(samples + at + 8);
    const uint8x16_t magnitudes = vcombine_u8(vmovn_u16(steps(first)), vmovn_u16(steps(second)));
    // The upper byte of a sample keeps its sign.
    const uint8x16_t tops = vuzp2q_u8(vreinterpretq_u8_s16(first), vreinterpretq_u8_s16(second));
    const uint8x16_t signs = vandq_u8(tops, vdupq_n_u8(0x80));
    vst1q_u8(codes + at, veorq_u8(veorq_u8(magnitudes, vdupq_n_u8(inverted)), signs));
  });
}

void MulawEncode(const int16_t* samples, size_t count, uint8_t* codes) {
  if (count >= 16) return Encode<MulawSteps, 0xFF>(samples, count, codes);
  for (size_t i = 0; i < count; ++i) codes[i] = LinearToMulaw(samples[i]);
}

void AlawEncode(const int16_t* samples, size_t count, uint8_t* codes) {
  if (count >= 16) return Encode<AlawSteps, 0xD5>(samples, count, codes);
  for (size_t i = 0; i < count; ++i) codes[i] = LinearToAlaw(samples[i]);
}

// 48 bytes to 64 characters: the three bytes of each group in three registers, their four groups of six bits in four.
size_t Base64Encode(const uint8_t* bytes, size_t count, char* text) {
  const uint8x16x4_t alphabet = vld1q_u8_x4(reinterpret_cast<const uint8_t*>(kBase64Alphabet));
  const uint8x16_t six_bits = vdupq_n_u8(63);
  char* out = text;
  size_t at = 0;
  for (; at + 48 <= count; at += 48, out += 64) {
    const uint8x16x3_t group = vld3q_u8(bytes + at);
    const uint8x16_t first = vshrq_n_u8(group.val[0], 2);
    const uint8x16_t second = vandq_u8(vsliq_n_u8(vshrq_n_u8(group.val[1], 4), group.val[0], 4), six_bits);
    const uint8x16_t third = vandq_u8(vsliq_n_u8(vshrq_n_u8(group.val[2], 6), group.val[1], 2), six_bits);
    const uint8x16_t fourth = vandq_u8(group.val[2], six_bits);
    const uint8x16x4_t characters = {{vqtbl4q_u8(alphabet, first), vqtbl4q_u8(alphabet, second),
                                      vqtbl4q_u8(alphabet, third), vqtbl4q_u8(alphabet, fourth)}};
    vst4q_u8(reinterpret_cast<uint8_t*>(out), characters);
  }
  return static_cast<size_t>(out - text) + kScalarKernels.base64_encode(bytes + at, count - at, out);
}

// Values of sixteen characters: those below 64 by one lookup, those from 64 up by another that leaves the first alone.
// Bit 7 is set where a character is none of the alphabet. A character from 128 up misses both; it has bit 7 itself.
uint8x16_t ValuesOf(const uint8x16x4_t& low, const uint8x16x4_t& high, uint8x16_t characters) {
  const uint8x16_t below = vqtbl4q_u8(low, characters);
  const uint8x16_t values = vqtbx4q_u8(below, high, vsubq_u8(characters, vdupq_n_u8(64)));
  return vorrq_u8(values, vandq_u8(characters, vdupq_n_u8(0x80)));
}

size_t Base64Decode(const char* text, size_t count, uint8_t* bytes) {
  if (count % 4 != 0) return kNotBase64;
  const uint8x16x4_t low = vld1q_u8_x4(kBase64Values.data());
  const uint8x16x4_t high = vld1q_u8_x4(kBase64Values.data() + 64);
  uint8x16_t wrong = vdupq_n_u8(0);
  uint8_t* out = bytes;
  size_t at = 0;
  // 64 characters to 48 bytes. The last group may have padding and is not done here.
  for (; at + 64 < count; at += 64, out += 48) {
    const uint8x16x4_t characters = vld4q_u8(reinterpret_cast<const uint8_t*>(text) + at);
    const uint8x16_t first = ValuesOf(low, high, characters.val[0]);
    const uint8x16_t second = ValuesOf(low, high, characters.val[1]);
    const uint8x16_t third = ValuesOf(low, high, characters.val[2]);
    const uint8x16_t fourth = ValuesOf(low, high, characters.val[3]);
    wrong = vorrq_u8(wrong, vorrq_u8(vorrq_u8(first, second), vorrq_u8(third, fourth)));
    const uint8x16x3_t group = {{vsliq_n_u8(vshrq_n_u8(second, 4), first, 2),
                                 vsliq_n_u8(vshrq_n_u8(third, 2), second, 4), vsliq_n_u8(fourth, third, 6)}};
    vst3q_u8(out, group);
  }
  if (vmaxvq_u8(wrong) >= 0x80) return kNotBase64;
  const size_t rest = kScalarKernels.base64_decode(text + at, count - at, out);
  return rest == kNotBase64 ? kNotBase64 : static_cast<size_t>(out - bytes) + rest;
}

size_t PlainLength(const char* text, size_t count) {
  size_t at = 0;
  for (; at + 16 <= count; at += 16) {
    const uint8x16_t input = vld1q_u8(reinterpret_cast<const uint8_t*>(text) + at);
    // Signed: a byte from 0x80 up is negative, so below 0x20 too.
    const uint8x16_t is_control = vcltq_s8(vreinterpretq_s8_u8(input), vdupq_n_s8(0x20));
    const uint8x16_t is_mark = vorrq_u8(vceqq_u8(input, vdupq_n_u8('"')), vceqq_u8(input, vdupq_n_u8('\\')));
    if (vmaxvq_u8(vorrq_u8(is_control, is_mark)) != 0) break;
  }
  return at + kScalarKernels.plain_length(text + at, count - at);
}

uint64_t Energy(const int16_t* samples, size_t count) {
  uint64x2_t sums = vdupq_n_u64(0);
  size_t at = 0;
  for (; at + 8 <= count; at += 8) {
    const int16x8_t sample = vld1q_s16(samples + at);
    sums = vpadalq_u32(sums, vreinterpretq_u32_s32(vmull_s16(vget_low_s16(sample), vget_low_s16(sample))));
    sums = vpadalq_u32(sums, vreinterpretq_u32_s32(vmull_high_s16(sample, sample)));
  }
  return vaddvq_u64(sums) + kScalarKernels.energy(samples + at, count - at);
}

// (high + (low >> 9)), rounded: the same number as (high * 2^9 + low) rounded at 23. Saturated to 16 bits.
int16x4_t Round(int32x4_t high, int32x4_t low) {
  const int32x4_t sum = vaddq_s32(high, vshrq_n_s32(low, 9));
  return vqmovn_s32(vshrq_n_s32(vaddq_s32(sum, vdupq_n_s32(1 << 13)), 14));
}

// Any pair of rates: an output at a time.
void ResampleAny(const FirBank& bank, const int16_t* window, uint32_t phase, size_t count, int16_t* output) {
  const size_t from = bank.zeros & ~size_t{7};
  for (size_t n = 0; n < count; ++n) {
    const int16_t* high = bank.high + phase * bank.taps;
    const int16_t* low = bank.low + phase * bank.taps;
    int32x4_t high_sums[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
    int32x4_t low_sums[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
    for (size_t tap = from; tap < bank.taps; tap += 8) {
      const int16x8_t samples = vld1q_s16(window + tap);
      const int16x8_t highs = vld1q_s16(high + tap);
      const int16x8_t lows = vld1q_s16(low + tap);
      high_sums[0] = vmlal_s16(high_sums[0], vget_low_s16(samples), vget_low_s16(highs));
      high_sums[1] = vmlal_high_s16(high_sums[1], samples, highs);
      low_sums[0] = vmlal_s16(low_sums[0], vget_low_s16(samples), vget_low_s16(lows));
      low_sums[1] = vmlal_high_s16(low_sums[1], samples, lows);
    }
    const int32_t high_sum = vaddvq_s32(vaddq_s32(high_sums[0], high_sums[1]));
    const int32_t low_sum = vaddvq_s32(vaddq_s32(low_sums[0], low_sums[1]));
    output[n] = vget_lane_s16(Round(vdupq_n_s32(high_sum), vdupq_n_s32(low_sum)), 0);
    phase += bank.advance;
    window += phase / bank.phases;
    phase %= bank.phases;
  }
}

// The sums of eight outputs of one phase; `Add` takes a tap's samples for all eight.
struct Sums {
  int32x4_t high[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
  int32x4_t low[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};

  void Add(int16x8_t samples, int16_t high_coefficient, int16_t low_coefficient) {
    high[0] = vmlal_n_s16(high[0], vget_low_s16(samples), high_coefficient);
    high[1] = vmlal_high_n_s16(high[1], samples, high_coefficient);
    low[0] = vmlal_n_s16(low[0], vget_low_s16(samples), low_coefficient);
    low[1] = vmlal_high_n_s16(low[1], samples, low_coefficient);
  }

  int16x8_t Rounded() const { return vcombine_s16(Round(high[0], low[0]), Round(high[1], low[1])); }
};

// 2:1, eight outputs at a time: they need the even samples from one place and the odd ones from the next.
void ResampleHalf(const FirBank& bank, const int16_t* window, size_t count, int16_t* output) {
  size_t n = 0;
  for (; n + 8 <= count; n += 8) {
    Sums sums;
    for (size_t tap = bank.zeros; tap < bank.taps; tap += 2) {
      const int16x8x2_t samples = vld2q_s16(window + 2 * n + tap);
      sums.Add(samples.val[0], bank.high[tap], bank.low[tap]);
      sums.Add(samples.val[1], bank.high[tap + 1], bank.low[tap + 1]);
    }
    vst1q_s16(output + n, sums.Rounded());
  }
  ResampleAny(bank, window + 2 * n, 0, count - n, output + n);
}

// 1:2, eight outputs of each phase at a time, from phase 0.
void ResampleDouble(const FirBank& bank, const int16_t* window, size_t count, int16_t* output) {
  size_t n = 0;
  for (; n + 16 <= count; n += 16) {
    Sums even;
    Sums odd;
    for (size_t tap = bank.zeros; tap < bank.taps; ++tap) {
      const int16x8_t samples = vld1q_s16(window + n / 2 + tap);
      even.Add(samples, bank.high[tap], bank.low[tap]);
      odd.Add(samples, bank.high[bank.taps + tap], bank.low[bank.taps + tap]);
    }
    vst2q_s16(output + n, (int16x8x2_t{{even.Rounded(), odd.Rounded()}}));
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

const Kernels kNeonKernels = {
    "neon",       MulawDecode,  MulawEncode, AlawDecode, AlawEncode,
    Base64Encode, Base64Decode, PlainLength, Energy,     Resample,
};

}  // namespace trunkline

#endif  // TRUNKLINE_HAS_NEON
