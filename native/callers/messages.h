// What a carrier says on a stream, as Twilio writes it (numbers are strings): the same text as
// src/simulator/carrier-messages.ts, which makes the `start` that this engine is handed whole.
// https://www.twilio.com/docs/voice/media-streams/websocket-messages
#ifndef TRUNKLINE_CALLERS_MESSAGES_H_
#define TRUNKLINE_CALLERS_MESSAGES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "callers/websocket.h"

namespace trunkline::callers {

inline constexpr std::string_view kConnectedMessage = R"({"event":"connected","protocol":"Call","version":"1.0.0"})";

struct StreamNames {
  std::string account_sid;
  std::string call_sid;
  std::string stream_sid;
};

// `payload`: base64 of 20 ms. `chunk` counts from 1.
inline void PutMedia(FrameBuilder* out, uint64_t sequence, uint64_t chunk, uint64_t timestamp_ms,
                     std::string_view payload, std::string_view stream_sid) {
  out->Put(R"({"event":"media","sequenceNumber":")");
  out->PutNumber(sequence);
  out->Put(R"(","media":{"track":"inbound","chunk":")");
  out->PutNumber(chunk);
  out->Put(R"(","timestamp":")");
  out->PutNumber(timestamp_ms);
  out->Put(R"(","payload":")");
  out->Put(payload);
  out->Put(R"("},"streamSid":")");
  out->Put(stream_sid);
  out->Put(R"("})");
}

// `inbound_track`: that is how Twilio spells it here.
inline void PutDtmf(FrameBuilder* out, uint64_t sequence, char digit, std::string_view stream_sid) {
  out->Put(R"({"event":"dtmf","streamSid":")");
  out->Put(stream_sid);
  out->Put(R"(","sequenceNumber":")");
  out->PutNumber(sequence);
  out->Put(R"(","dtmf":{"track":"inbound_track","digit":")");
  out->Put({&digit, 1});
  out->Put(R"("}})");
}

// `name` as it came, JSON's escapes included.
inline void PutMarkEcho(FrameBuilder* out, uint64_t sequence, std::string_view name, std::string_view stream_sid) {
  out->Put(R"({"event":"mark","sequenceNumber":")");
  out->PutNumber(sequence);
  out->Put(R"(","streamSid":")");
  out->Put(stream_sid);
  out->Put(R"(","mark":{"name":")");
  out->Put(name);
  out->Put(R"("}})");
}

inline void PutStop(FrameBuilder* out, uint64_t sequence, const StreamNames& names) {
  out->Put(R"({"event":"stop","sequenceNumber":")");
  out->PutNumber(sequence);
  out->Put(R"(","streamSid":")");
  out->Put(names.stream_sid);
  out->Put(R"(","stop":{"accountSid":")");
  out->Put(names.account_sid);
  out->Put(R"(","callSid":")");
  out->Put(names.call_sid);
  out->Put(R"("}})");
}

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_MESSAGES_H_
