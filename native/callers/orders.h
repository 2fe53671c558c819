// What the Node that started the engine asks for: lines on the standard input, fields separated by tabs, written by
// src/load/caller-engine.ts. Where a field holds an HTTP head, the byte 0x1e stands for each end of line.
//
//   line  FRAMES                                              background of who says nothing
//   clip  ID ONSET_FRAME OFFSET_FRAME FRAMES                  FRAMES: 216 characters of base64 for each 20 ms
//   call  ID HOST PORT REQUEST ACCEPT START ACCOUNT CALL STREAM TURN_SILENCE_MS STEP...
//         STEP: say:CLIP:THINK_MS  press:DIGITS:THINK_MS  barge:CLIP:AFTER_MS  hang-up::AFTER_MS
//   hang-up  ID
//   end                                                       hang up all, wait for the closes, end
//
// Both sides are ours: a line that is none of these is a defect, and ends the engine.
#ifndef TRUNKLINE_CALLERS_ORDERS_H_
#define TRUNKLINE_CALLERS_ORDERS_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "callers/conversation.h"
#include "callers/stream.h"

namespace trunkline::callers {

using Clips = std::unordered_map<uint64_t, std::unique_ptr<Clip>>;

struct Order {
  enum class Kind : uint8_t { kWrong, kLine, kClip, kCall, kHangUp, kEnd };

  Kind kind = Kind::kWrong;
  // Of the clip or the stream.
  uint64_t id = 0;
  // kLine, kClip.
  Clip clip;
  // kCall.
  StreamOrder call;
};

// `clips`: what steps may name; they must outlive the order.
Order ReadOrder(std::string_view line, const Clips& clips);

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_ORDERS_H_
