// The message reader in C++: each message in a heap block of exactly its size, so that a sanitizer sees a read beyond it.
// What it accepts and refuses is specified in test/native/media-message.test.ts.
#include "wire/media_message.h"

#include <memory>
#include <string>

#include "check.h"

namespace trunkline {
namespace {

const std::string kMessage =
    R"({"event":"media","sequenceNumber":"4","streamSid":"MZ1","media":{"track":"inbound","chunk":"2",)"
    R"("timestamp":"5","payload":"f39/f39/f39/f39/f39/f39/f39/f39/f39/f39/f39/f38="}})";

bool IsMedia(const std::string& text, MediaMessage* media) {
  const auto exact = std::make_unique<char[]>(text.size());
  text.copy(exact.get(), text.size());
  const bool is_media = ReadMediaMessage(exact.get(), text.size(), media) == MediaReading::kMedia;
  if (is_media) {
    const char* begin = exact.get();
    const char* end = begin + text.size();
    CHECK(media->payload.data() >= begin && media->payload.data() + media->payload.size() <= end);
    CHECK(media->stream_sid.data() >= begin && media->stream_sid.data() + media->stream_sid.size() <= end);
  }
  return is_media;
}

TEST("a media message is read whole") {
  MediaMessage media;
  CHECK(ReadMediaMessage(kMessage.data(), kMessage.size(), &media) == MediaReading::kMedia);
  CHECK(media.stream_sid == "MZ1");
  CHECK(media.chunk == 2);
  CHECK(media.timestamp_ms == 5);
  CHECK(media.track == MediaTrack::kInbound);
  CHECK(media.payload.size() == 48);
}

TEST("no part of a media message is one") {
  MediaMessage media;
  for (size_t length = 0; length < kMessage.size(); ++length) CHECK(!IsMedia(kMessage.substr(0, length), &media));
  for (size_t from = 1; from < kMessage.size(); ++from) CHECK(!IsMedia(kMessage.substr(from), &media));
}

TEST("any byte anywhere is read without harm") {
  MediaMessage media;
  for (size_t at = 0; at < kMessage.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = kMessage;
      changed[at] = static_cast<char>(byte);
      IsMedia(changed, &media);
    }
  }
  check::Random random(5);
  for (int turn = 0; turn < 20000; ++turn) {
    std::string changed = kMessage;
    for (uint32_t edits = 1 + random.Next() % 4; edits > 0; --edits) {
      const size_t at = random.Next() % changed.size();
      if (random.Next() % 2 == 0) changed.erase(at, 1 + random.Next() % 9);
      else changed.insert(at, changed.substr(random.Next() % changed.size(), random.Next() % 9));
      if (changed.empty()) break;
    }
    IsMedia(changed, &media);
  }
}

}  // namespace
}  // namespace trunkline
