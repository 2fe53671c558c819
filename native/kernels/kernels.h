// The inner loops, one table per instruction set. Everything that is worth a SIMD version is here and nothing else:
// no state, no allocation, no Node. A table is chosen once, at load, and lives as long as the process.
//
// Every table gives the same bits as `scalar.cc`, which is the reference. Pointers need no alignment. `count` may be 0.
// Input and output never overlap unless a contract says so. No kernel reads or writes outside what its contract names.
#ifndef TRUNKLINE_KERNELS_KERNELS_H_
#define TRUNKLINE_KERNELS_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace trunkline {

// What `base64_decode` returns for text that is not base64.
inline constexpr size_t kNotBase64 = static_cast<size_t>(-1);

// Coefficients of a polyphase FIR, phase after phase, each phase oldest sample first.
//
//   coefficient = high * 2^-14 + low * 2^-23,   |low| <= 256
//
// Two 16-bit terms, because one alone stops at about 80 dB and one 32-bit term has no 16-bit multiply-add. The magnitudes
// of a phase's high terms sum to less than 2^16, and so do its low terms': each sum of products then fits 32 bits,
// in whatever order it is added up.
struct FirBank {
  const int16_t* high;
  const int16_t* low;
  // A multiple of 16; the first `zeros` of them, an even number, are padding and zero in every phase.
  size_t taps;
  size_t zeros;
  uint32_t phases;   // L: the interpolation factor
  uint32_t advance;  // M: phases that one output moves on by
};

struct Kernels {
  // scalar, avx2, avx512bw (the older half of AVX-512), avx512 or neon.
  const char* isa;

  // G.711, spandsp-exact, `count` samples.
  void (*mulaw_decode)(const uint8_t* codes, size_t count, int16_t* samples);
  void (*mulaw_encode)(const int16_t* samples, size_t count, uint8_t* codes);
  void (*alaw_decode)(const uint8_t* codes, size_t count, int16_t* samples);
  void (*alaw_encode)(const int16_t* samples, size_t count, uint8_t* codes);

  // RFC 4648 section 4, with padding. Writes 4 * ceil(count / 3) characters and returns that number.
  size_t (*base64_encode)(const uint8_t* bytes, size_t count, char* text);
  // The inverse: `count` a multiple of 4, padding required, unused bits zero. Returns the bytes written, at most
  // count / 4 * 3, or kNotBase64; then what is in `bytes`, within that bound, means nothing.
  size_t (*base64_decode)(const char* text, size_t count, uint8_t* bytes);

  // How many characters from the start are printable ASCII and neither quote nor backslash: what JSON keeps as it is.
  size_t (*plain_length)(const char* text, size_t count);

  // Sum of squares of `count` samples, exact (count at most 2^32).
  uint64_t (*energy)(const int16_t* samples, size_t count);

  // Writes `count` outputs. Output 0 uses phase `phase` and the window that begins at `window`; each further output
  // moves on by bank.advance phases, one sample of the window per bank.phases. Sums are exact, rounded half up at
  // bit 23, saturated to 16 bits: the bits do not depend on the order of additions.
  // Reads window[0 .. (phase + (count - 1) * advance) / phases + taps).
  void (*resample)(const FirBank& bank, const int16_t* window, uint32_t phase, size_t count, int16_t* output);
};

// The tables that this build and this CPU have, best last. Returns how many; at least 1, which is scalar.
size_t AvailableKernels(const Kernels* const** tables);

// The table in use. `kernels` is null if TRUNKLINE_ISA names one that this build or CPU lacks; `error` then says so.
struct KernelChoice {
  const Kernels* kernels;
  const char* error;
};
const KernelChoice& ChosenKernels();

// ChosenKernels().kernels, set as the addon is loaded.
extern const Kernels* const chosen_kernels;

// For code that runs only after load has checked the choice.
inline const Kernels& ActiveKernels() { return *chosen_kernels; }

}  // namespace trunkline

#endif  // TRUNKLINE_KERNELS_KERNELS_H_
