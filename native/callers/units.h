// The measures that all of the caller engine counts in. Points in time are nanoseconds of CLOCK_MONOTONIC, which is also
// what `process.hrtime` of the Node beside it reads.
#ifndef TRUNKLINE_CALLERS_UNITS_H_
#define TRUNKLINE_CALLERS_UNITS_H_

#include <ctime>

#include <cstdint>

namespace trunkline::callers {

inline constexpr int64_t kNsPerMs = 1'000'000;
inline constexpr int64_t kNsPerSecond = 1'000'000'000;

// One media message: 20 ms of 8 kHz mu-law, 160 bytes, as base64.
inline constexpr int64_t kFrameMs = 20;
inline constexpr int64_t kFrameBytes = 160;
inline constexpr int64_t kFrameCharacters = (kFrameBytes + 2) / 3 * 4;
inline constexpr int64_t kNsPerByte = kFrameMs * kNsPerMs / kFrameBytes;

inline int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_UNITS_H_
