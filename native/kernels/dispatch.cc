// Chooses the kernels: the best that this CPU runs, or the one that TRUNKLINE_ISA names. An unknown or unsupported
// name is an error at load and never a silent fall-back, so that a test which forces a path really runs it.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/tables.h"

namespace trunkline {
namespace {

// One slot an instruction set; filled once, in order of preference, best last.
struct Tables {
  const Kernels* entries[4];
  size_t count;
};

const Tables& SupportedTables() {
  static const Tables tables = [] {
    Tables found = {};
    found.entries[found.count++] = &kScalarKernels;
    return found;
  }();
  return tables;
}

KernelChoice Choose() {
  const Tables& tables = SupportedTables();
  const char* wanted = std::getenv("TRUNKLINE_ISA");
  if (wanted == nullptr || wanted[0] == '\0') return {tables.entries[tables.count - 1], nullptr};
  for (size_t i = 0; i < tables.count; ++i) {
    if (std::strcmp(wanted, tables.entries[i]->isa) == 0) return {tables.entries[i], nullptr};
  }
  char possible[64] = "";
  for (size_t i = 0; i < tables.count; ++i) {
    if (i > 0) std::strncat(possible, ", ", sizeof possible - std::strlen(possible) - 1);
    std::strncat(possible, tables.entries[i]->isa, sizeof possible - std::strlen(possible) - 1);
  }
  static char error[256];
  std::snprintf(error, sizeof error, "Expected one of %s (what this build and CPU have) for TRUNKLINE_ISA, received %.32s",
                possible, wanted);
  return {nullptr, error};
}

}  // namespace

size_t AvailableKernels(const Kernels* const** tables) {
  *tables = SupportedTables().entries;
  return SupportedTables().count;
}

const KernelChoice& ChosenKernels() {
  static const KernelChoice choice = Choose();
  return choice;
}

}  // namespace trunkline
