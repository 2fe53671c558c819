#include "callers/server_message.h"

#include <cstddef>
#include <cstring>

namespace trunkline::callers {
namespace {

// An object of strings, at most one level down, of no more than two fields a level besides `event`: more the protocol
// does not have. Every method returns false for anything else and leaves the position anywhere.
class Reader {
 public:
  explicit Reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool Take(char expected) {
    SkipSpace();
    if (at_ == end_ || *at_ != expected) return false;
    ++at_;
    return true;
  }

  bool AtEnd() {
    SkipSpace();
    return at_ == end_;
  }

  bool NextIs(char expected) {
    SkipSpace();
    return at_ != end_ && *at_ == expected;
  }

  // Without its quotes; escapes stay as they are.
  bool TakeString(std::string_view* text) {
    if (!Take('"')) return false;
    const char* begin = at_;
    for (;;) {
      const auto* quote = static_cast<const char*>(std::memchr(at_, '"', static_cast<size_t>(end_ - at_)));
      if (quote == nullptr) return false;
      const char* slash = quote;
      while (slash != begin && slash[-1] == '\\') --slash;
      at_ = quote + 1;
      if ((quote - slash) % 2 != 0) continue;
      *text = {begin, static_cast<size_t>(quote - begin)};
      return true;
    }
  }

  bool TakeKey(std::string_view* key) { return TakeString(key) && Take(':'); }

  // An object of one string, `{"<key>":"..."}`.
  bool TakeOnly(std::string_view key, std::string_view* value) {
    std::string_view found;
    return Take('{') && TakeKey(&found) && found == key && TakeString(value) && Take('}');
  }

 private:
  void SkipSpace() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }

  const char* at_;
  const char* end_;
};

// -1: no whole base64. Its characters are not looked at, which would cost more than all the rest.
int64_t AudioBytesOf(std::string_view payload) {
  if (payload.size() % 4 != 0 || std::memchr(payload.data(), '\\', payload.size()) != nullptr) return -1;
  int64_t bytes = static_cast<int64_t>(payload.size() / 4 * 3);
  if (payload.ends_with('=')) --bytes;
  if (payload.ends_with("==")) --bytes;
  return bytes;
}

ServerMessage Wrong(const char* why) {
  ServerMessage message;
  message.why = why;
  return message;
}

}  // namespace

ServerMessage ReadServerMessage(std::string_view text, std::string_view stream_sid) {
  Reader reader(text);
  std::string_view event;
  std::string_view sid;
  std::string_view inner;
  std::string_view inner_key;
  if (!reader.Take('{')) return Wrong("a message that is no JSON object");
  if (!reader.NextIs('}')) {
    do {
      std::string_view key;
      if (!reader.TakeKey(&key)) return Wrong("a message that is no JSON of strings");
      bool is_good = false;
      if (key == "event" && event.data() == nullptr) {
        is_good = reader.TakeString(&event);
      } else if (key == "streamSid" && sid.data() == nullptr) {
        is_good = reader.TakeString(&sid);
      } else if (key == "media" && inner_key.empty()) {
        inner_key = key;
        is_good = reader.TakeOnly("payload", &inner);
      } else if (key == "mark" && inner_key.empty()) {
        inner_key = key;
        is_good = reader.TakeOnly("name", &inner);
      }
      if (!is_good) return Wrong("a message with a field that is not documented, twice there, or of another type");
    } while (reader.Take(','));
  }
  if (!reader.Take('}') || !reader.AtEnd()) return Wrong("a message that is no JSON object");
  if (sid != stream_sid) return Wrong("a message with the streamSid of another stream, or none");
  ServerMessage message;
  if (event == "media" && inner_key == event) {
    message.audio_bytes = AudioBytesOf(inner);
    if (message.audio_bytes < 0) return Wrong("a media.payload that is not base64");
    message.kind = ServerMessage::Kind::kMedia;
  } else if (event == "mark" && inner_key == event) {
    if (inner.empty()) return Wrong("a mark without a name");
    message.mark_name = inner;
    message.kind = ServerMessage::Kind::kMark;
  } else if (event == "clear" && inner_key.empty()) {
    message.kind = ServerMessage::Kind::kClear;
  } else {
    return Wrong("a message that is none of media, mark and clear");
  }
  return message;
}

}  // namespace trunkline::callers
