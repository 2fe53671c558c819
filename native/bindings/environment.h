// What the addon keeps for each JavaScript environment (the main thread, each worker): counts of live objects and the
// room to decode one message. Objects share it, so it outlives the last of them whatever order a dying worker frees in.
#ifndef TRUNKLINE_BINDINGS_ENVIRONMENT_H_
#define TRUNKLINE_BINDINGS_ENVIRONMENT_H_

#include <napi.h>

#include <atomic>
#include <cstdint>
#include <memory>

namespace trunkline {

// Payload of the largest wire message (64 KiB); a larger one is left to JavaScript.
inline constexpr size_t kPayloadBytesMax = 48 * 1024;

// Native objects alive; a member of `Environment` for its own, and once for the whole process.
struct LiveObjects {
  std::atomic<int32_t> receivers{0};
  std::atomic<int32_t> resamplers{0};
};

// Of the event loop, once `pollEvery` was called; libuv frees it (bindings/loop_pace.cc).
struct LoopPace;

struct Environment {
  LiveObjects live;
  uint8_t payload[kPayloadBytesMax];
  // Of the last message that was taken in: how much of `payload` it is, and whose. Null after any other message.
  size_t payload_bytes = 0;
  const void* payload_of = nullptr;
  LoopPace* loop_pace = nullptr;
};

inline LiveObjects process_live_objects;

using EnvironmentPointer = std::shared_ptr<Environment>;

inline const EnvironmentPointer& EnvironmentOf(Napi::Env env) {
  return *env.GetInstanceData<EnvironmentPointer>();
}

}  // namespace trunkline

#endif  // TRUNKLINE_BINDINGS_ENVIRONMENT_H_
