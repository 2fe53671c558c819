#include "callers/engine.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <utility>

namespace trunkline::callers {
namespace {

constexpr int64_t kBacklogMaxSlots = 2000;
constexpr int64_t kPulseNs = kNsPerSecond / 2;
constexpr int kPollEvents = 512;
// The longest line is a clip of minutes.
constexpr size_t kOrderMaxBytes = 16 << 20;

// While streams are live a slot takes in this much: a few calls, since a connect on the loopback costs as much as a dozen frames.
constexpr size_t kOrdersInSlotBytes = 4096;

// 160 times 0xff, the silence of a mu-law line: 53 whole groups of three bytes and one byte.
std::string SilentFrame() { return std::string(212, '/') + "/w=="; }

void SleepUntil(int64_t at_ns) {
  const timespec at{.tv_sec = at_ns / kNsPerSecond, .tv_nsec = at_ns % kNsPerSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

double ProcessCpuMs() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto to_ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
  };
  return to_ms(usage.ru_utime) + to_ms(usage.ru_stime);
}

// 0 where the system does not say.
int64_t ResidentBytes() {
  char text[128] = "";
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd == -1) return 0;
  const ssize_t bytes = read(fd, text, sizeof text - 1);
  close(fd);
  long all_pages = 0;
  long resident_pages = 0;
  if (bytes <= 0 || std::sscanf(text, "%ld %ld", &all_pages, &resident_pages) != 2) return 0;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

}  // namespace

Engine::Engine(int orders_fd, int events_fd) : orders_fd_(orders_fd), shared_(events_fd), random_(std::random_device()()) {
  shared_.line.base64 = SilentFrame();
  shared_.line.frames = 1;
  shared_.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
}

Engine::~Engine() { close(shared_.epoll_fd); }

int Engine::Run() {
  epoll_event orders{.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (epoll_ctl(shared_.epoll_fd, EPOLL_CTL_ADD, orders_fd_, &orders) == -1) return kNoEpoll;
  shared_.origin_ns = NowNs();
  next_pulse_ns_ = shared_.origin_ns + kPulseNs;
  cpu_ms_ = ProcessCpuMs();
  shared_.events.Ready();
  while (exit_code_ == 0 && !(is_ending_ && streams_.empty())) {
    if (streams_.empty() && shared_.events.Flush()) {
      Poll(static_cast<int>(std::max<int64_t>(0, (next_pulse_ns_ - NowNs()) / kNsPerMs + 1)));
      slot_ = std::max(slot_, shared_.SlotAt(NowNs()));
    } else {
      const int64_t now_ns = NowNs();
      if (SlotNs() > now_ns) SleepUntil(SlotNs());
      else SkipBacklog(now_ns);
      RunSlot();
      Poll(0);
      ++slot_;
    }
    Reap();
    const int64_t now_ns = NowNs();
    if (now_ns >= next_pulse_ns_) Pulse(now_ns);
    if (!shared_.events.Flush()) return kNotRead;
  }
  // The last events are small, and Node reads until the end: a moment is enough.
  for (int turn = 0; turn < 100 && shared_.events.HasUnread(); ++turn) {
    SleepUntil(NowNs() + 10 * kNsPerMs);
    if (!shared_.events.Flush()) return kNotRead;
  }
  return exit_code_;
}

void Engine::RunSlot() {
  const int64_t due_ns = SlotNs();
  for (Stream* stream : phases_[static_cast<size_t>(slot_ % kFrameMs)]) stream->Tick(due_ns);
  shared_.wheel.Visit(slot_, [](Stream* stream) { stream->EchoMarks(); });
}

void Engine::SkipBacklog(int64_t now_ns) {
  const int64_t behind = (now_ns - SlotNs()) / kNsPerMs;
  if (behind <= kBacklogMaxSlots) return;
  shared_.lateness.AddMax(now_ns - SlotNs());
  // Alarms of the slots that are passed over go off at the next turn of the wheel.
  slot_ += behind - kBacklogMaxSlots;
}

void Engine::Poll(int timeout_ms) {
  epoll_event events[kPollEvents];
  const int count = epoll_wait(shared_.epoll_fd, events, kPollEvents, timeout_ms);
  for (int at = 0; at < count; ++at) {
    if (events[at].data.ptr == nullptr) ReadOrders();
    else static_cast<Stream*>(events[at].data.ptr)->SocketReady(events[at].events);
  }
}

void Engine::ReadOrders() {
  char bytes[64 * 1024];
  const ssize_t count = read(orders_fd_, bytes, streams_.empty() ? sizeof bytes : kOrdersInSlotBytes);
  if (count == -1 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    epoll_ctl(shared_.epoll_fd, EPOLL_CTL_DEL, orders_fd_, nullptr);
    HangUpAll();
    return;
  }
  order_text_.append(bytes, static_cast<size_t>(count));
  size_t taken = 0;
  for (size_t end; (end = order_text_.find('\n', taken)) != std::string::npos && exit_code_ == 0; taken = end + 1) {
    Follow(ReadOrder(std::string_view(order_text_).substr(taken, end - taken), clips_));
  }
  order_text_.erase(0, taken);
  if (order_text_.size() > kOrderMaxBytes) exit_code_ = kBadOrder;
}

void Engine::Follow(Order order) {
  switch (order.kind) {
    case Order::Kind::kWrong:
      exit_code_ = kBadOrder;
      break;
    case Order::Kind::kLine:
      shared_.line = std::move(order.clip);
      break;
    case Order::Kind::kClip:
      // One that a stream may be saying is not replaced.
      if (!clips_.try_emplace(order.id, std::make_unique<Clip>(std::move(order.clip))).second) exit_code_ = kBadOrder;
      break;
    case Order::Kind::kCall:
      Place(std::move(order.call));
      break;
    case Order::Kind::kHangUp:
      for (auto [at, end] = streams_.equal_range(order.id); at != end; ++at) at->second.stream->HangUp(NowNs());
      break;
    case Order::Kind::kEnd:
      HangUpAll();
      break;
  }
}

void Engine::Place(StreamOrder call) {
  if (is_ending_) return;
  const auto emptiest = std::min_element(phases_.begin(), phases_.end(),
                                         [](const auto& a, const auto& b) { return a.size() < b.size(); });
  const uint64_t id = call.id;
  auto stream = std::make_unique<Stream>(std::move(call), &shared_, static_cast<uint32_t>(random_()));
  Stream* placed = stream.get();
  const auto phase = static_cast<size_t>(emptiest - phases_.begin());
  streams_.emplace(id, Entry{.stream = std::move(stream), .phase = phase});
  emptiest->push_back(placed);
  placed->Connect(NowNs());
}

void Engine::HangUpAll() {
  is_ending_ = true;
  for (auto& [id, entry] : streams_) entry.stream->HangUp(NowNs());
}

// Only here are streams destroyed: not while a slot or a poll may still hold one.
void Engine::Reap() {
  if (!std::exchange(shared_.has_done, false)) return;
  for (auto at = streams_.begin(); at != streams_.end();) {
    if (!at->second.stream->is_done()) {
      ++at;
      continue;
    }
    std::erase(phases_[at->second.phase], at->second.stream.get());
    at = streams_.erase(at);
  }
}

void Engine::Pulse(int64_t now_ns) {
  const double cpu_ms = ProcessCpuMs();
  const Lateness& lateness = shared_.lateness;
  size_t unsent_bytes = 0;
  for (const auto& [id, entry] : streams_) unsent_bytes += entry.stream->unsent_bytes();
  shared_.events.Pulsed({
      .at_ns = now_ns,
      .live = static_cast<size_t>(std::count_if(streams_.begin(), streams_.end(),
                                                [](const auto& entry) { return entry.second.stream->is_live(); })),
      .frames_sent = std::exchange(shared_.frames_sent, 0),
      .media_received = std::exchange(shared_.media_received, 0),
      .bytes_in = std::exchange(shared_.bytes_in, 0),
      .bytes_out = std::exchange(shared_.bytes_out, 0),
      .unsent_bytes = unsent_bytes,
      .lateness_p50_ms = lateness.QuantileMs(0.5),
      .lateness_p99_ms = lateness.QuantileMs(0.99),
      .lateness_max_ms = lateness.MaxMs(),
      .late_frames = lateness.LateCount(),
      .cpu_ms = cpu_ms - std::exchange(cpu_ms_, cpu_ms),
      .resident_bytes = ResidentBytes(),
  });
  shared_.lateness.Reset();
  // From now, not from when it was due: after a stall there are no pulses to be made up for.
  next_pulse_ns_ = now_ns + kPulseNs;
}

}  // namespace trunkline::callers
