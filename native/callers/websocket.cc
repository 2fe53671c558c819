#include "callers/websocket.h"

namespace trunkline::callers {
namespace {

// What a server may send as one message; its audio comes in pieces far smaller.
constexpr uint64_t kMessageMaxBytes = 1 << 20;
constexpr size_t kControlMaxBytes = 125;

uint64_t BigEndian(const char* from, size_t bytes) {
  uint64_t value = 0;
  for (size_t at = 0; at < bytes; ++at) value = value << 8 | static_cast<uint8_t>(from[at]);
  return value;
}

// Eight bytes at a time; the buffer has room behind the payload.
void Mask(char* payload, size_t bytes, uint32_t mask) {
  const uint64_t both = static_cast<uint64_t>(mask) << 32 | mask;
  for (size_t at = 0; at < bytes; at += sizeof both) {
    uint64_t word;
    std::memcpy(&word, payload + at, sizeof word);
    word ^= both;
    std::memcpy(payload + at, &word, sizeof word);
  }
}

}  // namespace

std::string_view FrameBuilder::Finish(Opcode opcode, uint32_t mask) {
  const bool is_long = bytes_ > kControlMaxBytes;
  char* header = payload_ - (is_long ? 8 : 6);
  header[0] = static_cast<char>(0x80 | static_cast<uint8_t>(opcode));
  header[1] = static_cast<char>(0x80 | (is_long ? 126 : bytes_));
  if (is_long) {
    header[2] = static_cast<char>(bytes_ >> 8);
    header[3] = static_cast<char>(bytes_ & 0xff);
  }
  std::memcpy(payload_ - sizeof mask, &mask, sizeof mask);
  Mask(payload_, bytes_, mask);
  return {header, static_cast<size_t>(payload_ - header) + bytes_};
}

FrameReading ReadFrame(std::string_view input, Frame* frame, size_t* taken, const char** why) {
  const auto wrong = [&](const char* text) {
    *why = text;
    return FrameReading::kWrong;
  };
  if (input.size() < 2) return FrameReading::kNeedsMore;
  const auto first = static_cast<uint8_t>(input[0]);
  const auto second = static_cast<uint8_t>(input[1]);
  if ((first & 0x70) != 0) return wrong("a frame with a reserved bit set");
  if ((second & 0x80) != 0) return wrong("a masked frame from a server");
  switch (first & 0x0f) {
    case 0:
      return wrong("a fragment of a message");
    case 1:
    case 8:
    case 9:
    case 10:
      break;
    case 2:
      return wrong("a binary message");
    default:
      return wrong("a frame of unknown opcode");
  }
  if ((first & 0x80) == 0) return wrong("a fragment of a message");
  const auto opcode = static_cast<Opcode>(first & 0x0f);
  size_t header_bytes = 2;
  uint64_t bytes = second;
  if (bytes >= 126) {
    if (opcode != Opcode::kText) return wrong("a control frame over 125 bytes");
    const size_t length_bytes = bytes == 126 ? 2 : 8;
    header_bytes += length_bytes;
    if (input.size() < header_bytes) return FrameReading::kNeedsMore;
    bytes = BigEndian(input.data() + 2, length_bytes);
    if (bytes < (length_bytes == 2 ? 126U : 65'536U)) return wrong("a length that is not in its shortest form");
    if (bytes > kMessageMaxBytes) return wrong("a message over 1 MiB");
  }
  if (opcode == Opcode::kClose && bytes == 1) return wrong("a close frame with half a code");
  if (input.size() - header_bytes < bytes) return FrameReading::kNeedsMore;
  frame->opcode = opcode;
  frame->payload = input.substr(header_bytes, bytes);
  *taken = header_bytes + bytes;
  return FrameReading::kFrame;
}

int CloseCodeOf(std::string_view payload) {
  return payload.size() < 2 ? 1005 : static_cast<int>(BigEndian(payload.data(), 2));
}

}  // namespace trunkline::callers
