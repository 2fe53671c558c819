// What one call of `receive` tells JavaScript: RECEIVED in src/audio/addon-types.ts, bit for bit.
#ifndef TRUNKLINE_BINDINGS_RECEIVED_H_
#define TRUNKLINE_BINDINGS_RECEIVED_H_

#include <cstdint>

#include "dsp/endpointer.h"

namespace trunkline {

enum Received : uint32_t {
  kMedia = 1,
  kStarted = 2,
  kEnded = 4,
  kNoInputNow = 8,
  kIgnored = 16,
  kDiscarded = 32,
  kPaused = 64,
  kResumed = 128,
  kGrown = 256,
};

// Above the bits of `receive`: how many messages were taken directly since it was called last.
inline constexpr uint32_t kDirectShift = 16;

inline constexpr uint32_t ToBits(uint32_t events) {
  return ((events & kSpeechStarted) != 0 ? kStarted : 0U) | ((events & kSpeechEnded) != 0 ? kEnded : 0U) |
         ((events & kSpeechDiscarded) != 0 ? kDiscarded : 0U) | ((events & kNoInput) != 0 ? kNoInputNow : 0U) |
         ((events & kSpeechPaused) != 0 ? kPaused : 0U) | ((events & kSpeechResumed) != 0 ? kResumed : 0U) |
         ((events & kSpeechGrown) != 0 ? kGrown : 0U);
}

}  // namespace trunkline

#endif  // TRUNKLINE_BINDINGS_RECEIVED_H_
