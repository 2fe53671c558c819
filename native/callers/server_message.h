// Reads what a server sends on a stream: `media`, `mark` or `clear` with exactly the documented fields, for exactly this
// stream. Written from Twilio's documentation and sharing nothing with the server's own reader. Nothing is decoded.
#ifndef TRUNKLINE_CALLERS_SERVER_MESSAGE_H_
#define TRUNKLINE_CALLERS_SERVER_MESSAGE_H_

#include <cstdint>
#include <string_view>

namespace trunkline::callers {

struct ServerMessage {
  enum class Kind : uint8_t { kMedia, kMark, kClear, kWrong };

  Kind kind = Kind::kWrong;
  // kMedia: length of the audio that the payload stands for.
  int64_t audio_bytes = 0;
  // kMark: as it came, escapes included. Points into the message.
  std::string_view mark_name;
  // kWrong: what is; lives for ever.
  const char* why = "";
};

ServerMessage ReadServerMessage(std::string_view text, std::string_view stream_sid);

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_SERVER_MESSAGE_H_
