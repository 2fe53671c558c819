#include "callers/events.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>

#include "callers/units.h"

namespace trunkline::callers {
namespace {

double ToMs(int64_t ns) { return static_cast<double>(ns) / kNsPerMs; }

const char* WordOf(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::kSay:
      return "say";
    case Step::Kind::kPress:
      return "press";
    case Step::Kind::kBarge:
      return "barge";
    case Step::Kind::kHangUp:
      return "hang-up";
  }
  return "";
}

}  // namespace

void Events::Add(const char* format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  unread_.append(line, std::min<size_t>(static_cast<size_t>(length), sizeof line - 1)).push_back('\n');
}

void Events::Ready() { Add(R"({"kind":"ready"})"); }

void Events::Opened(uint64_t id, int64_t at_ns) {
  Add(R"({"kind":"open","id":%)" PRIu64 R"(,"atMs":%.3f})", id, ToMs(at_ns));
}

void Events::FirstAudio(uint64_t id, int64_t at_ns) {
  Add(R"({"kind":"first-audio","id":%)" PRIu64 R"(,"atMs":%.3f})", id, ToMs(at_ns));
}

void Events::TurnHeard(uint64_t id, size_t step, Step::Kind how, int64_t said_ns, int64_t heard_ns) {
  Add(R"({"kind":"turn","id":%)" PRIu64 R"(,"step":%zu,"how":"%s","saidAtMs":%.3f,"heardAtMs":%.3f})", id, step,
      WordOf(how), ToMs(said_ns), ToMs(heard_ns));
}

void Events::BargedIn(uint64_t id, size_t step, int64_t speech_ns, int64_t cleared_ns) {
  char cleared[32] = "null";
  if (cleared_ns != 0) std::snprintf(cleared, sizeof cleared, "%.3f", ToMs(cleared_ns));
  Add(R"({"kind":"barge-in","id":%)" PRIu64 R"(,"step":%zu,"speechAtMs":%.3f,"clearedAtMs":%s})", id, step,
      ToMs(speech_ns), cleared);
}

void Events::Gap(uint64_t id, int64_t at_ns, int64_t gap_ns) {
  Add(R"({"kind":"gap","id":%)" PRIu64 R"(,"atMs":%.3f,"gapMs":%.3f})", id, ToMs(at_ns), ToMs(gap_ns));
}

void Events::Ended(uint64_t id, int64_t at_ns, std::string_view how, int code, const StreamCounts& counts,
                   std::string_view detail) {
  Add(R"({"kind":"ended","id":%)" PRIu64 R"(,"atMs":%.3f,"how":"%.*s","code":%d,"stepsDone":%zu,)"
      R"("framesSent":%)" PRIu64 R"(,"framesDropped":%)" PRIu64 R"(,"mediaReceived":%)" PRIu64
      R"(,"audioMs":%.3f,"marks":%)" PRIu64 R"(,"clears":%)" PRIu64 R"(,"detail":"%.*s"})",
      id, ToMs(at_ns), static_cast<int>(how.size()), how.data(), code, counts.steps_done, counts.frames_sent,
      counts.frames_dropped, counts.media_received, counts.audio_ms, counts.marks, counts.clears,
      static_cast<int>(std::min<size_t>(detail.size(), 200)), detail.data());
}

void Events::Pulsed(const Pulse& pulse) {
  Add(R"({"kind":"pulse","atMs":%.3f,"live":%zu,"framesSent":%)" PRIu64 R"(,"mediaReceived":%)" PRIu64
      R"(,"bytesIn":%)" PRIu64 R"(,"bytesOut":%)" PRIu64 R"(,"unsentBytes":%zu,"latenessP50Ms":%.3f,"latenessP99Ms":%.3f,"latenessMaxMs":%.3f,)"
      R"("lateFrames":%)" PRIu64 R"(,"cpuMs":%.3f,"residentBytes":%)" PRId64 "}",
      ToMs(pulse.at_ns), pulse.live, pulse.frames_sent, pulse.media_received, pulse.bytes_in, pulse.bytes_out,
      pulse.unsent_bytes, pulse.lateness_p50_ms,
      pulse.lateness_p99_ms, pulse.lateness_max_ms, pulse.late_frames, pulse.cpu_ms, pulse.resident_bytes);
}

bool Events::Flush() {
  while (!unread_.empty()) {
    const ssize_t written = write(fd_, unread_.data(), unread_.size());
    if (written > 0) unread_.erase(0, static_cast<size_t>(written));
    else if (errno == EAGAIN) break;
    else if (errno != EINTR) return false;
  }
  return unread_.size() <= kUnreadMaxBytes;
}

}  // namespace trunkline::callers
