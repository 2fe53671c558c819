// The caller engine's wire: frames out and in, a carrier's messages to the letter, the server's read strictly.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "../check.h"
#include "callers/messages.h"
#include "callers/server_message.h"
#include "callers/upgrade.h"
#include "callers/websocket.h"

namespace trunkline::callers {
namespace {

constexpr uint32_t kMask = 0x12345678;

// What a server reads out of a masked frame of ours; checks its header.
std::string Unmasked(std::string_view frame, uint8_t opcode) {
  CHECK(static_cast<uint8_t>(frame[0]) == (0x80 | opcode));
  CHECK((frame[1] & 0x80) != 0);
  size_t bytes = frame[1] & 0x7f;
  size_t at = 2;
  if (bytes == 126) {
    bytes = static_cast<size_t>(static_cast<uint8_t>(frame[2])) << 8 | static_cast<uint8_t>(frame[3]);
    at = 4;
    CHECK(bytes > 125);
  }
  CHECK(frame.size() == at + 4 + bytes);
  CHECK(std::memcmp(frame.data() + at, &kMask, 4) == 0);
  std::string text(frame.substr(at + 4));
  for (size_t byte = 0; byte < text.size(); ++byte) text[byte] ^= frame[at + byte % 4];
  return text;
}

// A frame of the server's.
std::string ServerFrame(uint8_t first, std::string_view payload) {
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame += static_cast<char>(payload.size());
  } else if (payload.size() < 65'536) {
    frame += '\x7e';
    for (int shift = 8; shift >= 0; shift -= 8) frame += static_cast<char>(payload.size() >> shift);
  } else {
    frame += '\x7f';
    for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(payload.size() >> shift);
  }
  return frame.append(payload);
}

// In a heap block of exactly its size, so that a sanitizer sees a read beyond it.
FrameReading ReadExact(const std::string& input, Frame* frame, size_t* taken) {
  const auto exact = std::make_unique<char[]>(input.size());
  input.copy(exact.get(), input.size());
  const char* why = nullptr;
  const FrameReading reading = ReadFrame({exact.get(), input.size()}, frame, taken, &why);
  CHECK((reading == FrameReading::kWrong) == (why != nullptr));
  return reading;
}

ServerMessage::Kind KindOf(const std::string& text) {
  const auto exact = std::make_unique<char[]>(text.size());
  text.copy(exact.get(), text.size());
  return ReadServerMessage({exact.get(), text.size()}, "MZ1").kind;
}

TEST("a frame of any length goes out masked, in the shortest form") {
  const auto builder = std::make_unique<FrameBuilder>();
  for (const size_t bytes : {0, 1, 7, 8, 9, 124, 125, 126, 127, 360, 59'999, 60'000}) {
    std::string text(bytes, 'a');
    for (size_t at = 0; at < bytes; ++at) text[at] = static_cast<char>(at * 7);
    builder->Begin();
    builder->Put(text);
    CHECK(builder->Fits());
    CHECK(Unmasked(builder->Finish(Opcode::kText, kMask), 1) == text);
  }
  builder->Put("one more");
  CHECK(!builder->Fits());
}

TEST("messages are Twilio's to the letter") {
  const auto out = std::make_unique<FrameBuilder>();
  const auto text = [&] { return Unmasked(out->Finish(Opcode::kText, kMask), 1); };
  const StreamNames names{.account_sid = "AC1", .call_sid = "CA1", .stream_sid = "MZ1"};
  out->Begin();
  PutMedia(out.get(), 10, 9, 182, "f39/", "MZ1");
  CHECK(text() ==
        R"({"event":"media","sequenceNumber":"10","media":{"track":"inbound","chunk":"9","timestamp":"182","payload":"f39/"},"streamSid":"MZ1"})");
  out->Begin();
  PutDtmf(out.get(), 7, '#', "MZ1");
  CHECK(text() == R"({"event":"dtmf","streamSid":"MZ1","sequenceNumber":"7","dtmf":{"track":"inbound_track","digit":"#"}})");
  out->Begin();
  PutMarkEcho(out.get(), 8, R"(a\"b)", "MZ1");
  CHECK(text() == R"({"event":"mark","sequenceNumber":"8","streamSid":"MZ1","mark":{"name":"a\"b"}})");
  out->Begin();
  PutStop(out.get(), 18446744073709551615U, names);
  CHECK(text() ==
        R"({"event":"stop","sequenceNumber":"18446744073709551615","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}})");
}

TEST("a server's frame is read once it is whole, and no byte beyond it") {
  for (const size_t bytes : {0, 5, 125, 126, 65'535, 65'536, 1 << 20}) {
    const std::string payload(bytes, 'x');
    const std::string whole = ServerFrame(0x81, payload);
    Frame frame;
    size_t taken = 0;
    CHECK(ReadExact(whole + "rest", &frame, &taken) == FrameReading::kFrame);
    CHECK(taken == whole.size() && frame.payload.size() == bytes && frame.opcode == Opcode::kText);
    for (const size_t length : {size_t{0}, size_t{1}, size_t{3}, whole.size() - 1}) {
      if (length < whole.size()) {
        CHECK(ReadExact(whole.substr(0, length), &frame, &taken) == FrameReading::kNeedsMore);
      }
    }
  }
}

TEST("what a server must not send is told") {
  const std::string masked("\x81\x80xxxx", 6);
  const std::string long_form = std::string("\x81\x7e\x00\x05hello", 9);
  const std::string too_long = std::string("\x81\x7f\x00\x00\x00\x00\x00\x10\x00\x01", 10);
  for (const std::string& input :
       {masked, long_form, too_long, ServerFrame(0xc1, "reserved"), ServerFrame(0x82, "binary"),
        ServerFrame(0x01, "first of several"), ServerFrame(0x80, "last of several"), ServerFrame(0x83, "unknown"),
        ServerFrame(0x89, std::string(126, 'p')), ServerFrame(0x88, "c")}) {
    Frame frame;
    size_t taken = 0;
    CHECK(ReadExact(input, &frame, &taken) == FrameReading::kWrong);
  }
}

TEST("a close frame tells its code") {
  CHECK(CloseCodeOf(std::string_view("\x03\xe9gone", 6)) == 1001);
  CHECK(CloseCodeOf("") == 1005);
}

TEST("media is measured by the length of its payload") {
  const auto bytes_of = [](const std::string& payload) {
    const std::string text = R"({"event":"media","streamSid":"MZ1","media":{"payload":")" + payload + R"("}})";
    return ReadServerMessage(text, "MZ1").audio_bytes;
  };
  CHECK(bytes_of("") == 0);
  CHECK(bytes_of("AA==") == 1);
  CHECK(bytes_of("AAA=") == 2);
  CHECK(bytes_of("AAAA") == 3);
  CHECK(bytes_of(std::string(212, '/') + "/w==") == 160);
}

TEST("keys come in any order and with white space, a mark's name as it is") {
  const ServerMessage mark = ReadServerMessage(
      "\n{ \"mark\": {\"name\" :\"a\\\\\\\"b\"}, \"streamSid\":\"MZ1\",\"event\" : \"mark\" } ", "MZ1");
  CHECK(mark.kind == ServerMessage::Kind::kMark);
  CHECK(mark.mark_name == R"(a\\\"b)");
  CHECK(KindOf(R"({"streamSid":"MZ1","event":"clear"})") == ServerMessage::Kind::kClear);
}

TEST("nothing but the documented fields is a message, for no other stream") {
  for (const char* text :
       {"", "{", "{}", "[]", R"({"event":"clear"})", R"({"event":"clear","streamSid":"MZ2"})",
        R"({"event":"clear","streamSid":"MZ1"} x)", R"({"event":"clear","streamSid":"MZ1","mark":{"name":"a"}})",
        R"({"event":"clear","event":"clear","streamSid":"MZ1"})", R"({"event":"stop","streamSid":"MZ1"})",
        R"({"event":"mark","streamSid":"MZ1"})", R"({"event":"mark","streamSid":"MZ1","mark":{"name":""}})",
        R"({"event":"mark","streamSid":"MZ1","mark":{"name":1}})",
        R"({"event":"mark","streamSid":"MZ1","media":{"payload":"AAAA"}})",
        R"({"event":"media","streamSid":"MZ1","media":{"payload":"AAA"}})",
        R"({"event":"media","streamSid":"MZ1","media":{"payload":"AA\/A"}})",
        R"({"event":"media","streamSid":"MZ1","media":{"payload":"AAAA","track":"outbound"}})",
        R"({"event":"media","streamSid":"MZ1","sequenceNumber":"1","media":{"payload":"AAAA"}})"}) {
    CHECK(KindOf(text) == ServerMessage::Kind::kWrong);
  }
}

TEST("any byte anywhere in a server's message is read without harm, and no part of one is one") {
  const std::string message = R"({"event":"media","streamSid":"MZ1","media":{"payload":"AAAA"}})";
  CHECK(KindOf(message) == ServerMessage::Kind::kMedia);
  for (size_t at = 0; at < message.size(); ++at) {
    CHECK(KindOf(message.substr(0, at)) == ServerMessage::Kind::kWrong);
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = message;
      changed[at] = static_cast<char>(byte);
      KindOf(changed);
    }
  }
}

TEST("an upgrade is accepted with the value that belongs to the key, and nothing that was not offered") {
  const std::string good = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nSEC-WebSocket-Accept:  abc= \r\n\r\n";
  CHECK(ReadUpgradeAnswer(good + "\x81", "abc=").bytes == good.size());
  CHECK(ReadUpgradeAnswer(good.substr(0, good.size() - 1), "abc=").bytes == 0);
  CHECK(ReadUpgradeAnswer(good.substr(0, good.size() - 1), "abc=").why == nullptr);
  CHECK(ReadUpgradeAnswer(good, "abd=").why != nullptr);
  CHECK(ReadUpgradeAnswer("HTTP/1.1 503 Busy\r\n\r\n", "abc=").status == 503);
  CHECK(ReadUpgradeAnswer("SSH-2.0\r\n\r\n", "abc=").why != nullptr);
  CHECK(ReadUpgradeAnswer(std::string(20'000, 'x'), "abc=").why != nullptr);
  const std::string extended = good.substr(0, good.size() - 2) + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
  CHECK(ReadUpgradeAnswer(extended, "abc=").why != nullptr);
}

}  // namespace
}  // namespace trunkline::callers
