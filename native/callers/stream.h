// One caller's stream: the WebSocket, what is played, and the conversation, on the engine's thread.
//
//   kConnecting -> kUpgrading -> kLive -> kClosing -> kDone
//
// Ends once (`ended`); then a close frame has been sent where there was a WebSocket, and the peer has kCloseMaxNs to end
// the connection. kDone: the engine may destroy it.
#ifndef TRUNKLINE_CALLERS_STREAM_H_
#define TRUNKLINE_CALLERS_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "callers/conversation.h"
#include "callers/events.h"
#include "callers/lateness.h"
#include "callers/messages.h"
#include "callers/playout.h"
#include "callers/websocket.h"
#include "callers/wheel.h"

namespace trunkline::callers {

class Stream;

// What all streams of an engine share. Outlives them.
struct Shared {
  explicit Shared(int events_fd) : events(events_fd) {}

  int64_t SlotAt(int64_t at_ns) const { return (at_ns - origin_ns + kNsPerMs - 1) / kNsPerMs; }

  int epoll_fd = -1;
  // When slot 0 was.
  int64_t origin_ns = 0;
  Events events;
  // What is heard of a caller who says nothing; never without a frame.
  Clip line;
  Wheel<Stream> wheel;
  Lateness lateness;
  uint64_t frames_sent = 0;
  uint64_t media_received = 0;
  uint64_t bytes_in = 0;
  // Of whole messages, also what is not written yet.
  uint64_t bytes_out = 0;
  // A stream is done since the engine looked last.
  bool has_done = false;
  FrameBuilder builder;
  char received[256 * 1024];
};

struct StreamOrder {
  uint64_t id = 0;
  // Numeric.
  std::string host;
  uint16_t port = 0;
  // The whole upgrade, and the value of Sec-WebSocket-Accept that answers it.
  std::string request;
  std::string accept;
  // The message, with sequence number 1.
  std::string start;
  StreamNames names;
  int64_t turn_silence_ns = 0;
  std::vector<Step> steps;
};

class Stream final : public ConversationEvents {
 public:
  Stream(StreamOrder order, Shared* shared, uint32_t random);
  ~Stream() override;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void Connect(int64_t now_ns);
  // The socket can be read or written, or is broken.
  void SocketReady(uint32_t epoll_events);
  // Every 20 ms. `due_ns`: when the frame should leave.
  void Tick(int64_t due_ns);
  void EchoMarks();
  // `stop`, then the close. Idempotent.
  void HangUp(int64_t now_ns);

  uint64_t id() const { return order_.id; }
  bool is_done() const { return state_ == State::kDone; }
  // Opened and not ended.
  bool is_live() const { return state_ == State::kLive; }
  // The socket has not taken them yet.
  size_t unsent_bytes() const { return unsent_.size(); }

  void TurnHeard(size_t step, Step::Kind how, int64_t said_ns, int64_t heard_ns) override;
  void BargedIn(size_t step, int64_t speech_ns, int64_t cleared_ns) override;

 private:
  enum class State : uint8_t { kConnecting, kUpgrading, kLive, kClosing, kDone };

  void Read(int64_t now_ns);
  // Returns the bytes taken.
  size_t TakeUpgrade(std::string_view input, int64_t now_ns);
  size_t TakeFrames(std::string_view input, int64_t now_ns);
  void TakeMessage(std::string_view text, int64_t now_ns);
  void PeerGone(int64_t now_ns, const char* why);
  void SendMedia(std::string_view payload);
  // What was put into the builder since its `Begin`.
  void SendText() { Send(shared_->builder.Finish(Opcode::kText, mask_)); }
  void SendControl(Opcode opcode, std::string_view payload);
  void Send(std::string_view bytes);
  void WriteUnsent();
  // The one end. `close_code` 0: no close frame is sent.
  void End(int64_t now_ns, std::string_view how, int code, std::string_view detail, int close_code);
  void Release();

  StreamOrder order_;
  Shared* const shared_;
  Conversation conversation_;
  Playout playout_;
  StreamCounts counts_;
  Alarm<Stream> alarm_{this};
  const uint32_t mask_;
  const uint64_t first_timestamp_ms_;
  State state_ = State::kConnecting;
  bool waits_to_write_ = false;
  int fd_ = -1;
  int64_t deadline_ns_ = 0;
  uint64_t sequence_ = 1;
  size_t line_frame_;
  std::string unsent_;
  // What came of a message that is not whole yet.
  std::string unread_;
};

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_STREAM_H_
