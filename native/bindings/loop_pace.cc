// pollEvery(periodUs): the event loop looks at its sockets no more often than that. What comes meanwhile is taken together, so a
// thousand streams share one wake-up of the thread instead of making one each. On Linux, frames that find the thread asleep in epoll
// wake it one by one, and every wake-up costs both the sender and us several microseconds.
//
//   one turn of libuv's loop:  ... [prepare] [poll: wait for events, take them] [check: setImmediate] [timers] ...
//                                   ^ here we sleep until a period has passed since the last time
//
// Timers and messages of other threads wait with the sockets: at most one period. libuv is asked for nothing but a prepare handle. Where
// so many streams are that this pays, it pays to read those that are quiet two frames at a time (direct_media.h).
#include <uv.h>

#include <chrono>
#include <thread>

#include "bindings/arguments.h"
#include "bindings/bindings.h"
#include "bindings/direct_media.h"
#include "bindings/environment.h"

namespace trunkline {
namespace {

using PaceClock = std::chrono::steady_clock;

// A caller does not hear 20 ms, and a mistake must not stop the loop.
constexpr uint32_t kPeriodUsMax = 20000;

}  // namespace

struct LoopPace {
  uv_prepare_t handle;
  napi_async_cleanup_hook_handle hook = nullptr;
  std::chrono::microseconds period{0};
  PaceClock::time_point last;
};

namespace {

void Nap(uv_prepare_t* handle) {
  LoopPace* pace = static_cast<LoopPace*>(handle->data);
  const PaceClock::time_point due = pace->last + pace->period;
  pace->last = PaceClock::now();
  if (pace->last < due) {
    std::this_thread::sleep_until(due);
    pace->last = PaceClock::now();
    // How long poll may wait is counted from the loop's own clock.
    uv_update_time(handle->loop);
  }
  LookForLoneFrames(pace->last);
}

void Freed(uv_handle_t* handle) {
  LoopPace* pace = static_cast<LoopPace*>(handle->data);
  napi_remove_async_cleanup_hook(pace->hook);
  delete pace;
}

// The environment ends, and waits until the hook is removed.
void Close(napi_async_cleanup_hook_handle, void* data) {
  uv_close(reinterpret_cast<uv_handle_t*>(&static_cast<LoopPace*>(data)->handle), Freed);
}

LoopPace* Create(napi_env env) {
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return nullptr;
  LoopPace* pace = new LoopPace();
  if (napi_add_async_cleanup_hook(env, Close, pace, &pace->hook) != napi_ok) {
    delete pace;
    return nullptr;
  }
  pace->handle.data = pace;
  uv_prepare_init(loop, &pace->handle);
  uv_unref(reinterpret_cast<uv_handle_t*>(&pace->handle));  // It keeps no loop alive.
  return pace;
}

void PollEvery(const Napi::CallbackInfo& info) {
  uint32_t period_us = 0;
  if (!arguments::ToCount(info.Env(), info[0], "periodUs", 0, kPeriodUsMax, &period_us)) return;
  LoopPace*& pace = EnvironmentOf(info.Env())->loop_pace;
  if (pace == nullptr && period_us > 0) pace = Create(info.Env());
  if (pace == nullptr) return;
  pace->period = std::chrono::microseconds(period_us);
  WantPairs(period_us > 0);
  if (period_us > 0) {
    uv_prepare_start(&pace->handle, Nap);
  } else {
    uv_prepare_stop(&pace->handle);
  }
}

}  // namespace

void ExportLoopPace(Napi::Env env, Napi::Object exports) {
  exports["pollEvery"] = Napi::Function::New<PollEvery>(env, "pollEvery");
}

}  // namespace trunkline
