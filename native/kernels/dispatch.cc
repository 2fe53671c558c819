// Chooses the kernels: the best that this CPU runs, or the one that TRUNKLINE_ISA names. An unknown or unsupported
// name is an error at load and never a silent fall-back, so that a test which forces a path really runs it.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/tables.h"

#if defined(_MSC_VER) && defined(TRUNKLINE_HAS_X64)
#include <immintrin.h>
#include <intrin.h>
#endif

namespace trunkline {
namespace {

#if defined(_MSC_VER) && defined(TRUNKLINE_HAS_X64)

// Whether the CPU has a leaf-7 feature and the system keeps the registers that it needs (bits of XCR0).
bool HasFeature(int word, int bit, uint64_t registers) {
  int leaf[4];
  __cpuid(leaf, 1);
  if ((leaf[2] >> 27 & 1) == 0 || (_xgetbv(0) & registers) != registers) return false;
  __cpuidex(leaf, 7, 0);
  return (leaf[word] >> bit & 1) != 0;
}

bool HasAvx2() { return HasFeature(1, 5, 0x06); }
bool HasAvx512bw() {
  return HasFeature(1, 16, 0xE6) && HasFeature(1, 17, 0xE6) && HasFeature(1, 30, 0xE6) && HasFeature(1, 31, 0xE6);
}
bool HasVbmi() { return HasFeature(2, 1, 0xE6); }

#elif defined(TRUNKLINE_HAS_X64)

bool HasAvx2() { return __builtin_cpu_supports("avx2") != 0; }
bool HasAvx512bw() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0;
}
bool HasVbmi() { return __builtin_cpu_supports("avx512vbmi") != 0; }

#endif

constexpr size_t kTablesMax = 4;

// The tables that can be used here, complete, in order of preference, best last.
class Tables {
 public:
  Tables() {
    Add(kScalarKernels);
#ifdef TRUNKLINE_HAS_X64
    if (!HasAvx2()) return;
    Add(kAvx2Kernels);
    if (!HasAvx512bw()) return;
    Add(kAvx512bwKernels);
    if (HasVbmi()) Add(kAvx512Kernels);
#endif
#ifdef TRUNKLINE_HAS_NEON
    Add(kNeonKernels);
#endif
  }

  const Kernels* const* entries() const { return entries_; }
  size_t count() const { return count_; }

 private:
  // What `table` leaves out is as in the table before it.
  void Add(const Kernels& table) {
    Kernels& full = tables_[count_];
    full = table;
    if (count_ > 0) {
      const Kernels& before = tables_[count_ - 1];
      const auto inherit = [&full, &before](auto member) {
        if (full.*member == nullptr) full.*member = before.*member;
      };
      inherit(&Kernels::mulaw_decode);
      inherit(&Kernels::mulaw_encode);
      inherit(&Kernels::alaw_decode);
      inherit(&Kernels::alaw_encode);
      inherit(&Kernels::base64_encode);
      inherit(&Kernels::base64_decode);
      inherit(&Kernels::plain_length);
      inherit(&Kernels::energy);
      inherit(&Kernels::resample);
    }
    entries_[count_++] = &full;
  }

  Kernels tables_[kTablesMax] = {};
  const Kernels* entries_[kTablesMax] = {};
  size_t count_ = 0;
};

const Tables& SupportedTables() {
  static const Tables tables;
  return tables;
}

KernelChoice Choose() {
  const Tables& tables = SupportedTables();
  const Kernels* const* entries = tables.entries();
  const char* wanted = std::getenv("TRUNKLINE_ISA");
  if (wanted == nullptr || wanted[0] == '\0') return {entries[tables.count() - 1], nullptr};
  for (size_t i = 0; i < tables.count(); ++i) {
    if (std::strcmp(wanted, entries[i]->isa) == 0) return {entries[i], nullptr};
  }
  // Whatever AVX-512 the CPU has.
  const Kernels* best = entries[tables.count() - 1];
  if (std::strcmp(wanted, "avx512") == 0 && std::strcmp(best->isa, "avx512bw") == 0) return {best, nullptr};
  char possible[64] = "";
  for (size_t i = 0; i < tables.count(); ++i) {
    if (i > 0) std::strncat(possible, ", ", sizeof possible - std::strlen(possible) - 1);
    std::strncat(possible, entries[i]->isa, sizeof possible - std::strlen(possible) - 1);
  }
  static char error[256];
  std::snprintf(error, sizeof error, "Expected one of %s (what this build and CPU have) for TRUNKLINE_ISA, received %.32s",
                possible, wanted);
  return {nullptr, error};
}

}  // namespace

size_t AvailableKernels(const Kernels* const** tables) {
  *tables = SupportedTables().entries();
  return SupportedTables().count();
}

const KernelChoice& ChosenKernels() {
  static const KernelChoice choice = Choose();
  return choice;
}

const Kernels* const chosen_kernels = ChosenKernels().kernels;

}  // namespace trunkline
