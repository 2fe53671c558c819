// Asks the CPU for memory ahead of its use, to be written. A hint: nothing changes, also where a compiler has no such thing.
#ifndef TRUNKLINE_BINDINGS_PREFETCH_H_
#define TRUNKLINE_BINDINGS_PREFETCH_H_

#include <cstddef>

namespace trunkline {

inline void PrefetchToWrite(const void* memory, size_t bytes) {
#if defined(__GNUC__)
  constexpr size_t kLineBytes = 64;
  const char* line = static_cast<const char*>(memory);
  for (const char* end = line + bytes; line < end; line += kLineBytes) __builtin_prefetch(line, 1);
#else
  (void)memory;
  (void)bytes;
#endif
}

}  // namespace trunkline

#endif  // TRUNKLINE_BINDINGS_PREFETCH_H_
