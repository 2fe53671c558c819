// Recognises a Twilio media message in the bytes of one WebSocket message, without building a tree.
//
//   {"event":"media","sequenceNumber":"4","streamSid":"MZ...",
//    "media":{"track":"inbound","chunk":"2","timestamp":"5","payload":"<base64>"}}
//
// Keys may come in any order and with any white space; unknown keys with scalar values are passed over. Everything
// else, valid JSON or not, is kNotSure: escapes, bytes outside ASCII, a key twice, nesting elsewhere, anything after the
// object. The reader never guesses: what it accepts, JSON.parse accepts too, with the same fields.
#ifndef TRUNKLINE_WIRE_MEDIA_MESSAGE_H_
#define TRUNKLINE_WIRE_MEDIA_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trunkline {

enum class MediaTrack : uint8_t { kInbound, kOther };

// All views point into the message.
struct MediaMessage {
  std::string_view stream_sid;
  // Not yet decoded. Free of escapes, control characters and quotes, not necessarily base64.
  std::string_view payload;
  // Number of the chunk; -1 if the message has none.
  int64_t chunk = -1;
  // Where it stands in the stream, in milliseconds from an origin of the carrier's; -1 if it does not say.
  int64_t timestamp_ms = -1;
  // A message without a track is the caller's.
  MediaTrack track = MediaTrack::kInbound;
};

enum class MediaReading : uint8_t { kMedia, kNotSure };

// Reads `message`, `bytes` long; fills `media` only for kMedia. Never reads outside the message.
MediaReading ReadMediaMessage(const char* message, size_t bytes, MediaMessage* media);

}  // namespace trunkline

#endif  // TRUNKLINE_WIRE_MEDIA_MESSAGE_H_
