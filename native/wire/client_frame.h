// The one sort of WebSocket frame that a carrier's media comes in (RFC 6455, 5.2): a whole text message, masked, not long.
//
//   0x81  0x80 | length          mask (4)  payload        length < 126
//   0x81  0xFE  length (2, big)  mask (4)  payload        126 and more
#ifndef TRUNKLINE_WIRE_CLIENT_FRAME_H_
#define TRUNKLINE_WIRE_CLIENT_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace trunkline {

// A media message of 20 ms has some 350 bytes.
inline constexpr size_t kDirectBytesMax = 512;

struct ClientFrame {
  uint8_t* payload;
  size_t payload_bytes;
  size_t frame_bytes;  // Header and payload.
};

// Reads the frame at `data`; false where it is of another sort, longer than kDirectBytesMax, or not whole within `bytes`.
inline bool ReadClientFrame(uint8_t* data, size_t bytes, ClientFrame* frame) {
  if (bytes < 6 || data[0] != 0x81 || (data[1] & 0x80) == 0) return false;
  size_t length = data[1] & 0x7f;
  size_t header = 6;
  if (length == 126) {
    if (bytes < 8) return false;
    length = static_cast<size_t>(data[2]) << 8 | data[3];
    header = 8;
  }
  if (length > kDirectBytesMax || bytes - header < length) return false;
  *frame = {data + header, length, header + length};
  return true;
}

// Masks or unmasks in place: the same both ways. The mask is the four bytes before the payload.
inline void Mask(const ClientFrame& frame) {
  uint32_t mask = 0;
  std::memcpy(&mask, frame.payload - 4, sizeof mask);
  const uint64_t twice = static_cast<uint64_t>(mask) << 32 | mask;
  size_t at = 0;
  for (; at + sizeof twice <= frame.payload_bytes; at += sizeof twice) {
    uint64_t word = 0;
    std::memcpy(&word, frame.payload + at, sizeof word);
    word ^= twice;
    std::memcpy(frame.payload + at, &word, sizeof word);
  }
  for (; at < frame.payload_bytes; ++at) frame.payload[at] ^= frame.payload[static_cast<ptrdiff_t>(at & 3) - 4];
}

}  // namespace trunkline

#endif  // TRUNKLINE_WIRE_CLIENT_FRAME_H_
