// Fuzzes base64 on every instruction set against the scalar reference: the same verdict, the same bytes, and text that is
// accepted comes back from the encoder as it was.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernels/kernels.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  const trunkline::Kernels* const* tables = nullptr;
  const size_t table_count = trunkline::AvailableKernels(&tables);
  const size_t characters = count / 4 * 4;
  const auto* text = reinterpret_cast<const char*>(bytes);
  std::vector<uint8_t> expected(characters / 4 * 3);
  const size_t length = tables[0]->base64_decode(text, characters, expected.data());
  std::vector<char> encoded((count + 2) / 3 * 4);
  std::vector<char> expected_text(encoded.size());
  tables[0]->base64_encode(bytes, count, expected_text.data());
  for (size_t i = 0; i < table_count; ++i) {
    std::vector<uint8_t> decoded(expected.size());
    if (tables[i]->base64_decode(text, characters, decoded.data()) != length) std::abort();
    if (tables[i]->base64_encode(bytes, count, encoded.data()) != encoded.size()) std::abort();
    if (encoded != expected_text) std::abort();
    if (length == trunkline::kNotBase64) continue;
    if (length > 0 && std::memcmp(decoded.data(), expected.data(), length) != 0) std::abort();
    std::vector<char> again((length + 2) / 3 * 4);
    if (tables[i]->base64_encode(decoded.data(), length, again.data()) != characters) std::abort();
    if (characters > 0 && std::memcmp(again.data(), text, characters) != 0) std::abort();
  }
  return 0;
}
