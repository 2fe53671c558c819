// Fuzzes the message reader. Whatever it accepts must lie within the message and be what JSON allows in a plain string.
#include "wire/media_message.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  const auto* text = reinterpret_cast<const char*>(bytes);
  trunkline::MediaMessage media;
  if (trunkline::ReadMediaMessage(text, count, &media) != trunkline::MediaReading::kMedia) return 0;
  for (const std::string_view part : {media.payload, media.stream_sid}) {
    if (!part.empty() && (part.data() < text || part.data() + part.size() > text + count)) std::abort();
    for (const char character : part) {
      const auto byte = static_cast<uint8_t>(character);
      if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') std::abort();
    }
  }
  if (media.chunk < -1) std::abort();
  return 0;
}
