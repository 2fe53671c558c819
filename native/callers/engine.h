// The loop of the caller engine: one thread that wakes at each millisecond of an absolute schedule, sends the frames that
// are due in this slot, then takes what came. A stream is in one of 20 phases, so its frames leave every 20 ms and those of
// all streams are spread evenly.
//
// After a stall every frame that was due is sent at once, as a carrier's backlog comes, and counts as late; beyond 2 s of
// it the schedule starts anew. Without streams the loop sleeps until it is asked for something.
#ifndef TRUNKLINE_CALLERS_ENGINE_H_
#define TRUNKLINE_CALLERS_ENGINE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "callers/orders.h"
#include "callers/stream.h"
#include "callers/units.h"

namespace trunkline::callers {

class Engine {
 public:
  // Orders come from `orders_fd`, events go to `events_fd`; both must not block.
  Engine(int orders_fd, int events_fd);
  ~Engine();

  // Until `end` or the end of the orders. Returns the exit code: 0, or kBadOrder, kNotRead, kNoEpoll.
  int Run();

  static constexpr int kBadOrder = 2;
  static constexpr int kNotRead = 3;
  static constexpr int kNoEpoll = 4;

 private:
  struct Entry {
    std::unique_ptr<Stream> stream;
    size_t phase;
  };

  void RunSlot();
  void SkipBacklog(int64_t now_ns);
  void Poll(int timeout_ms);
  void ReadOrders();
  void Follow(Order order);
  void Place(StreamOrder call);
  void HangUpAll();
  void Reap();
  void Pulse(int64_t now_ns);
  int64_t SlotNs() const { return shared_.origin_ns + slot_ * kNsPerMs; }

  const int orders_fd_;
  Shared shared_;
  Clips clips_;
  // One that has ended stays until its connection has; its id may be taken again by then.
  std::unordered_multimap<uint64_t, Entry> streams_;
  std::array<std::vector<Stream*>, kFrameMs> phases_;
  std::mt19937 random_;
  // The beginning of a line that is not whole.
  std::string order_text_;
  int64_t slot_ = 1;
  int64_t next_pulse_ns_ = 0;
  double cpu_ms_ = 0;
  bool is_ending_ = false;
  int exit_code_ = 0;
};

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_ENGINE_H_
