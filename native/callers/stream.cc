#include "callers/stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "callers/server_message.h"
#include "callers/units.h"
#include "callers/upgrade.h"

namespace trunkline::callers {
namespace {

constexpr int64_t kOpenMaxNs = 10 * kNsPerSecond;
constexpr int64_t kCloseMaxNs = 2 * kNsPerSecond;
// Beyond the first the server reads too slowly, and Twilio throws inbound audio away (warning 31930); beyond the second
// it does not read at all, and the rest is given up too.
constexpr size_t kUnsentMediaMaxBytes = 256 * 1024;
constexpr size_t kUnsentMaxBytes = 320 * 1024;
constexpr size_t kMarkNameMax = 1000;

// Addresses of both families.
socklen_t ToAddress(const std::string& host, uint16_t port, sockaddr_storage* address) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(address);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    return sizeof *v4;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(address);
  if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    return sizeof *v6;
  }
  return 0;
}

}  // namespace

Stream::Stream(StreamOrder order, Shared* shared, uint32_t random)
    : order_(std::move(order)),
      shared_(shared),
      conversation_(std::move(order_.steps), order_.turn_silence_ns, this),
      mask_(random),
      // Twilio does not document the first value: some small number.
      first_timestamp_ms_(1 + random % 120),
      line_frame_(random % shared->line.frames) {}

Stream::~Stream() { Release(); }

void Stream::Connect(int64_t now_ns) {
  deadline_ns_ = now_ns + kOpenMaxNs;
  sockaddr_storage address{};
  const socklen_t length = ToAddress(order_.host, order_.port, &address);
  if (length == 0) return End(now_ns, "refused", 0, "the host is no numeric address", 0);
  fd_ = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ == -1) return End(now_ns, "refused", 0, std::strerror(errno), 0);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Where BBR is the default, every send arms a timer of the kernel's to pace the next: the generator would pay more than the server.
  setsockopt(fd_, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), length) == -1 && errno != EINPROGRESS) {
    return End(now_ns, "refused", 0, std::strerror(errno), 0);
  }
  epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.ptr = this}};
  waits_to_write_ = true;
  epoll_ctl(shared_->epoll_fd, EPOLL_CTL_ADD, fd_, &event);
}

void Stream::SocketReady(uint32_t epoll_events) {
  if (fd_ == -1) return;
  const int64_t now_ns = NowNs();
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return End(now_ns, "refused", 0, std::strerror(error), 0);
    if ((epoll_events & EPOLLOUT) == 0) return;
    state_ = State::kUpgrading;
    unsent_ = std::exchange(order_.request, {});
  }
  if ((epoll_events & EPOLLOUT) != 0) WriteUnsent();
  if ((epoll_events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) Read(now_ns);
}

void Stream::Read(int64_t now_ns) {
  // What is there fits as a rule; the rest comes at the next slot, after other streams.
  const ssize_t bytes = recv(fd_, shared_->received, sizeof shared_->received, 0);
  if (bytes == 0) return PeerGone(now_ns, "the server ended the connection without a close frame");
  if (bytes == -1) {
    if (errno != EAGAIN && errno != EINTR) PeerGone(now_ns, std::strerror(errno));
    return;
  }
  shared_->bytes_in += static_cast<uint64_t>(bytes);
  if (state_ == State::kClosing) return;
  std::string_view input(shared_->received, static_cast<size_t>(bytes));
  // The buffer is the next stream's too: what is left of this one's input is kept.
  std::string kept;
  if (!unread_.empty()) {
    kept = std::exchange(unread_, {}).append(input);
    input = kept;
  }
  if (state_ == State::kUpgrading) input.remove_prefix(TakeUpgrade(input, now_ns));
  if (state_ == State::kLive) input.remove_prefix(TakeFrames(input, now_ns));
  if (state_ == State::kUpgrading || state_ == State::kLive) unread_ = input;
}

size_t Stream::TakeUpgrade(std::string_view input, int64_t now_ns) {
  const UpgradeAnswer answer = ReadUpgradeAnswer(input, order_.accept);
  if (answer.why != nullptr) {
    End(now_ns, "refused", answer.status, answer.why, 0);
    return 0;
  }
  if (answer.bytes == 0) return 0;
  state_ = State::kLive;
  shared_->events.Opened(order_.id, now_ns);
  FrameBuilder* out = &shared_->builder;
  out->Begin();
  out->Put(kConnectedMessage);
  SendText();
  out->Begin();
  out->Put(std::exchange(order_.start, {}));
  SendText();
  return answer.bytes;
}

size_t Stream::TakeFrames(std::string_view input, int64_t now_ns) {
  size_t taken = 0;
  while (state_ == State::kLive) {
    Frame frame;
    size_t bytes = 0;
    const char* why = nullptr;
    const FrameReading reading = ReadFrame(input.substr(taken), &frame, &bytes, &why);
    if (reading == FrameReading::kNeedsMore) break;
    if (reading == FrameReading::kWrong) {
      End(now_ns, "protocol", 0, why, 1002);
      break;
    }
    taken += bytes;
    switch (frame.opcode) {
      case Opcode::kText:
        TakeMessage(frame.payload, now_ns);
        break;
      case Opcode::kPing:
        SendControl(Opcode::kPong, frame.payload);
        break;
      case Opcode::kPong:
        break;
      case Opcode::kClose: {
        const int code = CloseCodeOf(frame.payload);
        End(now_ns, "closed", code, "", code == 1005 ? 1000 : code);
        break;
      }
    }
  }
  return taken;
}

void Stream::TakeMessage(std::string_view text, int64_t now_ns) {
  const ServerMessage message = ReadServerMessage(text, order_.names.stream_sid);
  switch (message.kind) {
    case ServerMessage::Kind::kMedia: {
      const int64_t dry_ns = playout_.DryForNs(now_ns);
      const int64_t gap_ns = playout_.GapNs(now_ns);
      if (!playout_.Enqueue(now_ns, message.audio_bytes)) {
        return End(now_ns, "protocol", 0, "more than ten minutes of audio ahead of time", 1002);
      }
      if (counts_.media_received++ == 0) shared_->events.FirstAudio(order_.id, now_ns);
      ++shared_->media_received;
      if (gap_ns > 0) shared_->events.Gap(order_.id, now_ns, gap_ns);
      conversation_.Hear(now_ns, dry_ns);
      break;
    }
    case ServerMessage::Kind::kMark:
      ++counts_.marks;
      if (!playout_.HasRoomForMark()) return End(now_ns, "protocol", 0, "more than 1000 marks wait", 1002);
      if (message.mark_name.size() > kMarkNameMax) return End(now_ns, "protocol", 0, "a mark name over 1000 bytes", 1002);
      playout_.Mark(now_ns, message.mark_name);
      EchoMarks();
      break;
    case ServerMessage::Kind::kClear:
      ++counts_.clears;
      playout_.Clear(now_ns);
      conversation_.Clear(now_ns);
      EchoMarks();
      break;
    case ServerMessage::Kind::kWrong:
      End(now_ns, "protocol", 0, message.why, 1002);
      break;
  }
}

void Stream::EchoMarks() {
  if (state_ != State::kLive) return;
  playout_.TakeDueMarks(NowNs(), [this](std::string_view name) {
    shared_->builder.Begin();
    PutMarkEcho(&shared_->builder, ++sequence_, name, order_.names.stream_sid);
    SendText();
  });
  const int64_t next_ns = playout_.NextMarkNs();
  if (next_ns == Playout::kForeverNs) shared_->wheel.Unset(&alarm_);
  else shared_->wheel.Set(&alarm_, shared_->SlotAt(next_ns));
}

void Stream::Tick(int64_t due_ns) {
  if (state_ != State::kLive) {
    const int64_t now_ns = NowNs();
    if (state_ == State::kDone || now_ns < deadline_ns_) return;
    if (state_ == State::kClosing) return Release();
    return End(now_ns, "refused", 0, "no answer to the upgrade within 10 s", 0);
  }
  const int64_t now_ns = NowNs();
  const Conversation::Next next = conversation_.NextFrame(now_ns, playout_.DryForNs(now_ns));
  if (next.hangs_up) return HangUp(now_ns);
  SendMedia(next.payload);
  // After the send: its own cost is part of how late the frame is.
  const int64_t left_ns = NowNs();
  shared_->lateness.Add(left_ns - due_ns);
  const int64_t dry_ns = playout_.DryForNs(left_ns);
  conversation_.FrameLeft(left_ns, dry_ns);
  if (next.digit != 0) {
    shared_->builder.Begin();
    PutDtmf(&shared_->builder, ++sequence_, next.digit, order_.names.stream_sid);
    SendText();
    conversation_.DigitLeft(NowNs(), dry_ns);
  }
  if (conversation_.TakeActed()) playout_.EndPrompt();
}

void Stream::SendMedia(std::string_view payload) {
  if (payload.empty()) {
    if (line_frame_ >= shared_->line.frames) line_frame_ = 0;
    payload = shared_->line.FrameAt(line_frame_++);
  }
  if (unsent_.size() > kUnsentMediaMaxBytes) {
    ++counts_.frames_dropped;
    return;
  }
  const uint64_t timestamp_ms = first_timestamp_ms_ + counts_.frames_sent * kFrameMs;
  shared_->builder.Begin();
  PutMedia(&shared_->builder, ++sequence_, ++counts_.frames_sent, timestamp_ms, payload, order_.names.stream_sid);
  ++shared_->frames_sent;
  SendText();
}

void Stream::HangUp(int64_t now_ns) {
  if (state_ == State::kConnecting || state_ == State::kUpgrading) {
    return End(now_ns, "hung-up", 0, "before the stream was open", 0);
  }
  if (state_ != State::kLive) return;
  shared_->builder.Begin();
  PutStop(&shared_->builder, ++sequence_, order_.names);
  SendText();
  End(now_ns, "hung-up", 0, "", 1000);
}

void Stream::PeerGone(int64_t now_ns, const char* why) {
  if (state_ == State::kUpgrading) return End(now_ns, "refused", 0, "the server ended the connection during the upgrade", 0);
  if (state_ == State::kLive) End(now_ns, "broken", 0, why, 0);
  Release();
}

void Stream::SendControl(Opcode opcode, std::string_view payload) {
  shared_->builder.Begin();
  shared_->builder.Put(payload);
  Send(shared_->builder.Finish(opcode, mask_));
}

void Stream::Send(std::string_view bytes) {
  shared_->bytes_out += bytes.size();
  if (unsent_.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    // A broken connection is noticed when it is read.
    if (sent == -1 && errno != EAGAIN) return;
    if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
    if (bytes.empty()) return;
  } else if (unsent_.size() > kUnsentMaxBytes) {
    return;
  }
  unsent_ += bytes;
  if (!waits_to_write_) {
    epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.ptr = this}};
    waits_to_write_ = epoll_ctl(shared_->epoll_fd, EPOLL_CTL_MOD, fd_, &event) == 0;
  }
}

void Stream::WriteUnsent() {
  while (!unsent_.empty()) {
    const ssize_t sent = send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    unsent_.erase(0, static_cast<size_t>(sent));
  }
  unsent_.shrink_to_fit();
  if (waits_to_write_) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = this}};
    epoll_ctl(shared_->epoll_fd, EPOLL_CTL_MOD, fd_, &event);
    waits_to_write_ = false;
  }
}

void Stream::TurnHeard(size_t step, Step::Kind how, int64_t said_ns, int64_t heard_ns) {
  shared_->events.TurnHeard(order_.id, step, how, said_ns, heard_ns);
}

void Stream::BargedIn(size_t step, int64_t speech_ns, int64_t cleared_ns) {
  shared_->events.BargedIn(order_.id, step, speech_ns, cleared_ns);
}

void Stream::End(int64_t now_ns, std::string_view how, int code, std::string_view detail, int close_code) {
  if (state_ == State::kClosing || state_ == State::kDone) return;
  conversation_.End();
  shared_->wheel.Unset(&alarm_);
  counts_.steps_done = conversation_.steps_done();
  counts_.audio_ms = static_cast<double>(playout_.PlayedNs(now_ns)) / kNsPerMs;
  shared_->events.Ended(order_.id, now_ns, how, code, counts_, detail);
  if (close_code == 0) return Release();
  state_ = State::kClosing;
  deadline_ns_ = now_ns + kCloseMaxNs;
  const char payload[] = {static_cast<char>(close_code >> 8), static_cast<char>(close_code & 0xff)};
  SendControl(Opcode::kClose, {payload, sizeof payload});
}

void Stream::Release() {
  shared_->wheel.Unset(&alarm_);
  state_ = State::kDone;
  shared_->has_done = true;
  if (fd_ == -1) return;
  close(fd_);
  fd_ = -1;
}

}  // namespace trunkline::callers
