// What the engine tells the Node that started it: lines of JSON on the standard output, shaped as `EngineEvent` in
// src/load/caller-engine.ts. Kept until the end of a slot, then written at once; a reader that falls behind by
// kUnreadMaxBytes is given up.
#ifndef TRUNKLINE_CALLERS_EVENTS_H_
#define TRUNKLINE_CALLERS_EVENTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "callers/conversation.h"

namespace trunkline::callers {

struct StreamCounts {
  size_t steps_done = 0;
  uint64_t frames_sent = 0;
  // Not sent: the server took too little.
  uint64_t frames_dropped = 0;
  uint64_t media_received = 0;
  double audio_ms = 0;
  uint64_t marks = 0;
  uint64_t clears = 0;
};

struct Pulse {
  int64_t at_ns = 0;
  size_t live = 0;
  uint64_t frames_sent = 0;
  uint64_t media_received = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  // At this moment.
  size_t unsent_bytes = 0;
  double lateness_p50_ms = 0;
  double lateness_p99_ms = 0;
  double lateness_max_ms = 0;
  uint64_t late_frames = 0;
  double cpu_ms = 0;
  int64_t resident_bytes = 0;
};

class Events {
 public:
  explicit Events(int fd) : fd_(fd) {}

  void Ready();
  void Opened(uint64_t id, int64_t at_ns);
  void FirstAudio(uint64_t id, int64_t at_ns);
  void TurnHeard(uint64_t id, size_t step, Step::Kind how, int64_t said_ns, int64_t heard_ns);
  void BargedIn(uint64_t id, size_t step, int64_t speech_ns, int64_t cleared_ns);
  void Gap(uint64_t id, int64_t at_ns, int64_t gap_ns);
  // `how` and `detail`: our own words, free of quotes and backslashes.
  void Ended(uint64_t id, int64_t at_ns, std::string_view how, int code, const StreamCounts& counts,
             std::string_view detail);
  void Pulsed(const Pulse& pulse);

  // Writes what it can without waiting. False: nobody reads, or too slowly.
  bool Flush();
  bool HasUnread() const { return !unread_.empty(); }

 private:
  static constexpr size_t kUnreadMaxBytes = 16 << 20;

  [[gnu::format(printf, 2, 3)]] void Add(const char* format, ...);

  const int fd_;
  std::string unread_;
};

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_EVENTS_H_
