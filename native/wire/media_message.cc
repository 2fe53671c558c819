#include "wire/media_message.h"

#include <cstring>

#include "kernels/kernels.h"

namespace trunkline {
namespace {

// A chunk number of more digits would not be exact in JavaScript either.
constexpr size_t kChunkDigitsMax = 15;

// A scalar as it stands in the text; a string without its quotes.
struct Scalar {
  std::string_view text;
  bool is_string = false;
};

// Strict JSON (RFC 8259), less what kNotSure covers. Every method returns false for "not sure" and leaves the
// position anywhere; nothing is read at or beyond `end_`.
class Reader {
 public:
  Reader(const char* begin, size_t bytes) : at_(begin), end_(begin + bytes) {}

  bool Take(char expected) {
    if (at_ == end_ || *at_ != expected) return false;
    ++at_;
    return true;
  }

  void SkipSpace() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }

  bool AtEnd() const { return at_ == end_; }
  char Next() const { return at_ == end_ ? '\0' : *at_; }

  // A string of printable ASCII without escapes.
  bool TakePlainString(std::string_view* text) {
    if (!Take('"')) return false;
    const char* begin = at_;
    for (; at_ != end_; ++at_) {
      const auto byte = static_cast<uint8_t>(*at_);
      if (byte == '"') {
        *text = {begin, static_cast<size_t>(at_ - begin)};
        ++at_;
        return true;
      }
      if (byte < 0x20 || byte >= 0x80 || byte == '\\') return false;
    }
    return false;
  }

  // A payload is long: the kernel finds its end.
  bool TakePayload(std::string_view* text) {
    if (!Take('"')) return false;
    const size_t length = ActiveKernels().plain_length(at_, static_cast<size_t>(end_ - at_));
    *text = {at_, length};
    at_ += length;
    return Take('"');
  }

  bool TakeScalar(Scalar* scalar) {
    const char next = Next();
    if (next == '"') {
      scalar->is_string = true;
      return TakePlainString(&scalar->text);
    }
    scalar->is_string = false;
    const char* begin = at_;
    const bool taken = next == 't'   ? TakeWord("true")
                       : next == 'f' ? TakeWord("false")
                       : next == 'n' ? TakeWord("null")
                                     : TakeNumber();
    if (!taken) return false;
    scalar->text = {begin, static_cast<size_t>(at_ - begin)};
    return true;
  }

 private:
  bool TakeWord(std::string_view word) {
    if (static_cast<size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0) return false;
    at_ += word.size();
    return true;
  }

  bool TakeDigits() {
    const char* begin = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != begin;
  }

  bool TakeNumber() {
    if (Next() == '-') ++at_;
    if (Next() == '0') {
      ++at_;
    } else if (!TakeDigits()) {
      return false;
    }
    if (Next() == '.') {
      ++at_;
      if (!TakeDigits()) return false;
    }
    if (Next() == 'e' || Next() == 'E') {
      ++at_;
      if (Next() == '+' || Next() == '-') ++at_;
      if (!TakeDigits()) return false;
    }
    return true;
  }

  const char* at_;
  const char* end_;
};

// Marks `key` as seen; false if it was before. Only keys that we read matter: JSON.parse keeps the last of two.
bool SeenOnce(uint32_t* seen, uint32_t key) {
  const bool fresh = (*seen & key) == 0;
  *seen |= key;
  return fresh;
}

// "12" or 12, never 1.5, -1 or "".
bool ToChunk(const Scalar& scalar, int64_t* chunk) {
  if (scalar.text.empty() || scalar.text.size() > kChunkDigitsMax) return false;
  int64_t value = 0;
  for (const char digit : scalar.text) {
    if (digit < '0' || digit > '9') return false;
    value = value * 10 + (digit - '0');
  }
  *chunk = value;
  return true;
}

// Calls `take(key)` for each member, positioned at its value, until the object's end.
template <typename TakeMember>
bool TakeObject(Reader* reader, TakeMember take) {
  if (!reader->Take('{')) return false;
  reader->SkipSpace();
  if (reader->Take('}')) return true;
  while (true) {
    std::string_view key;
    if (!reader->TakePlainString(&key)) return false;
    reader->SkipSpace();
    if (!reader->Take(':')) return false;
    reader->SkipSpace();
    if (!take(key)) return false;
    reader->SkipSpace();
    if (reader->Take('}')) return true;
    if (!reader->Take(',')) return false;
    reader->SkipSpace();
  }
}

bool TakeMedia(Reader* reader, MediaMessage* media) {
  enum : uint32_t { kTrack = 1, kChunk = 2, kTimestamp = 4, kPayload = 8 };
  uint32_t seen = 0;
  const bool taken = TakeObject(reader, [&](std::string_view key) {
    if (key == "payload") return SeenOnce(&seen, kPayload) && reader->TakePayload(&media->payload);
    Scalar value;
    if (!reader->TakeScalar(&value)) return false;
    if (key == "track") {
      media->track = value.text == "inbound" ? MediaTrack::kInbound : MediaTrack::kOther;
      return SeenOnce(&seen, kTrack) && value.is_string;
    }
    if (key == "chunk") return SeenOnce(&seen, kChunk) && ToChunk(value, &media->chunk);
    if (key == "timestamp") return SeenOnce(&seen, kTimestamp) && ToChunk(value, &media->timestamp_ms);
    return true;
  });
  return taken && (seen & kPayload) != 0;
}

}  // namespace

MediaReading ReadMediaMessage(const char* message, size_t bytes, MediaMessage* media) {
  enum : uint32_t { kEvent = 1, kStreamSid = 2, kSequence = 4, kMedia = 8 };
  constexpr uint32_t kNeeded = kEvent | kStreamSid | kMedia;
  Reader reader(message, bytes);
  MediaMessage found;
  uint32_t seen = 0;
  reader.SkipSpace();
  const bool taken = TakeObject(&reader, [&](std::string_view key) {
    if (key == "media") return SeenOnce(&seen, kMedia) && TakeMedia(&reader, &found);
    Scalar value;
    if (!reader.TakeScalar(&value)) return false;
    if (key == "event") return SeenOnce(&seen, kEvent) && value.is_string && value.text == "media";
    if (key == "sequenceNumber") {
      int64_t unused = 0;
      return SeenOnce(&seen, kSequence) && ToChunk(value, &unused);
    }
    if (key == "streamSid") {
      found.stream_sid = value.text;
      return SeenOnce(&seen, kStreamSid) && value.is_string;
    }
    return true;
  });
  if (!taken || (seen & kNeeded) != kNeeded) return MediaReading::kNotSure;
  reader.SkipSpace();
  if (!reader.AtEnd()) return MediaReading::kNotSure;
  *media = found;
  return MediaReading::kMedia;
}

}  // namespace trunkline
