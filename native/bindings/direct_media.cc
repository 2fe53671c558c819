// takeSocketsOf(context): where the bytes of uWebSockets.js's sockets are looked at first. It is built on uSockets, whose C interface
// (libusockets.h) its library exports; from it we use
//
//   us_socket_context_on_data(ssl, context, handler)   who is given what a socket has read
//   us_poll_fd(socket), us_socket_is_closed(ssl, socket)
//
// There is no getter of the handler that was set, so the slot is found by setting ours: it is the one word of the context that
// changes. Whatever is missing (another platform or version, TLS), nothing is taken here and all goes the ordinary way.
//
// One read of one socket:   whole media messages, at most kFramesMax   ->  the stream's receiver
//                           anything else, from its first byte on      ->  uWebSockets.js
//
// A peer that keeps to RFC 6455 is never torn apart: while uWebSockets.js waits for the rest of a frame, the next bytes are that rest,
// and do not read as a masked frame with a media message of this stream in it.
//
// A socket in pairs is not readable before it holds more than one frame (SO_RCVLOWAT, socket(7)): neither the sender's half of the
// kernel wakes anybody for the first, nor do we poll and read it.
//
//   one by one -- a frame after which nothing hurries --> in pairs
//              <-- anything else was read, nothing was for 60 ms, or pairs are no longer wanted
#include "bindings/direct_media.h"

#include <algorithm>

#ifdef __linux__
#include <dlfcn.h>
#include <link.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

#include <v8.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "bindings/arguments.h"
#include "bindings/bindings.h"
#include "bindings/prefetch.h"
#include "wire/client_frame.h"

struct us_socket_context_t;

namespace trunkline {
namespace {

// More at once is a network that held them back, or a flood: JavaScript is to see it.
constexpr size_t kFramesMax = 3;
// The part of a context that is searched: its loop, counters, list and handlers (some 20 words).
constexpr size_t kContextWords = 20;
// Of a taker, that each message needs.
constexpr size_t kTakerBytes = 128;
// A third of a second of a stream, two in pairs: so long a late frame may bring quick acknowledgements back, at a call into the kernel each.
constexpr uint32_t kReadsBeforeQuick = 16;

using OnData = us_socket_t* (*)(us_socket_t* socket, char* data, int length);
using SetOnData = void (*)(int ssl, us_socket_context_t* context, OnData handler);
using IsClosed = int (*)(int ssl, us_socket_t* socket);
using PollFd = int (*)(void* poll);

struct USockets {
  SetOnData set_on_data = nullptr;
  IsClosed is_closed = nullptr;
  PollFd poll_fd = nullptr;
  OnData next = nullptr;  // uWebSockets.js's own; of all its WebSocket contexts the same.
};

// Only the thread of the sockets gets beyond a null here; others share the library and not its data.
thread_local USockets sockets;

// Without a read for so long, of three frames' time, whatever is to follow a frame that lies alone is late, or it was the last.
constexpr PairClock::duration kAloneMax = std::chrono::milliseconds(60);
// Of all sockets, the share that is looked at in one turn of the loop.
constexpr size_t kTurnsToLookAtAll = 8;

struct Bound {
  us_socket_t* socket = nullptr;
  MediaTaker* taker = nullptr;
  std::span<const std::byte> state;
  PairClock::time_point read_at;
  uint32_t reads = 0;
  bool is_in_pairs = false;
};
// By descriptor, which the kernel keeps small: one line of memory a read, where a hash table has three.
thread_local std::vector<Bound> bound;

struct Pairs {
  bool are_wanted = false;
  PairClock::time_point now;  // Of this turn of the loop.
  size_t next = 0;            // The descriptor that is looked at next.
};
thread_local Pairs pairs;

thread_local us_socket_t* being_read = nullptr;

Bound* BoundOf(us_socket_t* socket) {
  const size_t descriptor = static_cast<size_t>(sockets.poll_fd(socket));
  return descriptor < bound.size() && bound[descriptor].socket == socket ? &bound[descriptor] : nullptr;
}

// Of no use to anyone where the system has no such thing: then the socket is read as ever.
void ReadFrom(int descriptor, size_t bytes) {
#ifdef __linux__
  const int least = static_cast<int>(bytes);
  setsockopt(descriptor, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
#else
  (void)descriptor;
  (void)bytes;
#endif
}

void ReadOneByOne(Bound& at) {
  if (!at.is_in_pairs) return;
  at.is_in_pairs = false;
  ReadFrom(static_cast<int>(&at - bound.data()), 1);
}

// After a read of nothing but media, of which the last frame had so many bytes.
void ReadOnInPairs(us_socket_t* socket, size_t frame_bytes) {
  Bound* const at = BoundOf(socket);
  if (at == nullptr) return;
  at->read_at = pairs.now;
  if (!pairs.are_wanted || !at->taker->TakesDirectly() || !at->taker->CanWait()) return ReadOneByOne(*at);
  if (at->is_in_pairs) return;
  at->is_in_pairs = true;
  // Half a frame more than one: the next may be some bytes longer, or be followed by a short message, which then waits as well.
  ReadFrom(sockets.poll_fd(socket), frame_bytes + frame_bytes / 2);
}

us_socket_t* PassOn(us_socket_t* socket, uint8_t* data, size_t bytes) {
  if (Bound* const at = BoundOf(socket)) ReadOneByOne(*at);
  us_socket_t* const outer = being_read;
  being_read = socket;
  us_socket_t* const after = sockets.next(socket, reinterpret_cast<char*>(data), static_cast<int>(bytes));
  being_read = outer;
  return after;
}

// tcp(7): without quick acknowledgements they are delayed, and then one goes out with every second segment, by whoever brings it in.
// Linux goes back to one for each read, of ours, as soon as a segment was waited for in vain: a frame that came 20 ms late.
void AcknowledgeLess(us_socket_t* socket) {
#ifdef __linux__
  const int off = 0;
  setsockopt(sockets.poll_fd(socket), IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
#else
  (void)socket;
#endif
}

// Null: nobody takes the socket's media now.
MediaTaker* TakerOf(us_socket_t* socket) {
  Bound* const at = BoundOf(socket);
  if (at == nullptr) return nullptr;
  // All at once: one line after the other would be waited for.
  PrefetchToWrite(at->taker, kTakerBytes);
  PrefetchToWrite(at->state.data(), at->state.size());
  if (at->reads++ % kReadsBeforeQuick == 0) AcknowledgeLess(socket);
  return at->taker->TakesDirectly() ? at->taker : nullptr;
}

bool IsWholeFrames(uint8_t* data, size_t bytes) {
  ClientFrame frame;
  for (size_t frames = 0; bytes > 0; ++frames) {
    if (frames == kFramesMax || !ReadClientFrame(data, bytes, &frame)) return false;
    data += frame.frame_bytes;
    bytes -= frame.frame_bytes;
  }
  return true;
}

us_socket_t* Read(us_socket_t* socket, char* text, int length) {
  uint8_t* data = reinterpret_cast<uint8_t*>(text);
  size_t bytes = length > 0 ? static_cast<size_t>(length) : 0;
  MediaTaker* taker = TakerOf(socket);
  if (taker == nullptr || !IsWholeFrames(data, bytes)) return PassOn(socket, data, bytes);
  ClientFrame frame;
  while (bytes > 0 && ReadClientFrame(data, bytes, &frame)) {
    Mask(frame);
    if (taker == nullptr || !taker->TakeDirectly(reinterpret_cast<const char*>(frame.payload), frame.payload_bytes)) {
      Mask(frame);
      return PassOn(socket, data, bytes);
    }
    data += frame.frame_bytes;
    bytes -= frame.frame_bytes;
    // What it told JavaScript may have ended the stream, or the socket.
    if (sockets.is_closed(0, socket) != 0) break;
    if (bytes == 0) ReadOnInPairs(socket, frame.frame_bytes);
    else taker = TakerOf(socket);
  }
  return socket;
}

#ifdef __linux__
// The library of uWebSockets.js, as it was loaded; null where it is not.
void* FindLibrary() {
  const char* path = nullptr;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* found) {
        const bool is_it = info->dlpi_name != nullptr && std::strstr(info->dlpi_name, "/uws_") != nullptr;
        if (is_it) *static_cast<const char**>(found) = info->dlpi_name;
        return is_it ? 1 : 0;
      },
      &path);
  return path == nullptr ? nullptr : dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
}

bool FindFunctions() {
  void* library = FindLibrary();
  if (library == nullptr) return false;
  sockets.set_on_data = reinterpret_cast<SetOnData>(dlsym(library, "us_socket_context_on_data"));
  sockets.is_closed = reinterpret_cast<IsClosed>(dlsym(library, "us_socket_is_closed"));
  sockets.poll_fd = reinterpret_cast<PollFd>(dlsym(library, "us_poll_fd"));
  return sockets.set_on_data != nullptr && sockets.is_closed != nullptr && sockets.poll_fd != nullptr;
}
#else
bool FindFunctions() { return false; }
#endif

// Sets our handler and learns whose place it took. False, and the context is as before, where that cannot be told.
bool TakePlace(us_socket_context_t* context) {
  uintptr_t before[kContextWords];
  std::memcpy(before, context, sizeof before);
  for (const uintptr_t word : before) {
    if (word == reinterpret_cast<uintptr_t>(&Read)) return true;
  }
  sockets.set_on_data(0, context, &Read);
  uintptr_t after[kContextWords];
  std::memcpy(after, context, sizeof after);
  OnData next = nullptr;
  for (size_t word = 0; word < kContextWords; ++word) {
    if (before[word] != after[word]) next = reinterpret_cast<OnData>(before[word]);
  }
  if (next != nullptr && (sockets.next == nullptr || sockets.next == next)) {
    sockets.next = next;
    return true;
  }
  if (next != nullptr) sockets.set_on_data(0, context, next);
  return false;
}

// Node-API reads only externals that it has made. This is the one place of the addon that asks V8 itself; as uWebSockets.js does.
void* PointerOf(Napi::Value value) {
  if (!value.IsExternal()) return nullptr;
  const napi_value handle = value;
  v8::Local<v8::Value> local;
  static_assert(sizeof local == sizeof handle);
  std::memcpy(static_cast<void*>(&local), &handle, sizeof local);
  return local.As<v8::External>()->Value();
}

Napi::Value TakeSocketsOf(const Napi::CallbackInfo& info) {
  void* context = PointerOf(info[0]);
  if (context == nullptr) {
    arguments::Refuse(info.Env(), "the context of an upgrade", "context", info[0]);
    return info.Env().Undefined();
  }
  const bool is_known = sockets.set_on_data != nullptr || FindFunctions();
  return Napi::Boolean::New(info.Env(), is_known && TakePlace(static_cast<us_socket_context_t*>(context)));
}

}  // namespace

us_socket_t* SocketBeingRead() { return being_read; }

int BindMedia(us_socket_t* socket, MediaTaker* taker, std::span<const std::byte> state) {
  const int descriptor = sockets.poll_fd(socket);
  if (descriptor < 0) return descriptor;
  const size_t at = static_cast<size_t>(descriptor);
  if (at >= bound.size()) bound.resize(at + 1);
  ReadOneByOne(bound[at]);
  bound[at] = {.socket = socket, .taker = taker, .state = state};
  return descriptor;
}

void UnbindMedia(int descriptor, MediaTaker* taker) {
  const size_t at = static_cast<size_t>(descriptor);
  if (at >= bound.size() || bound[at].taker != taker) return;
  // The socket may outlive the stream: what comes on it is to be seen.
  ReadOneByOne(bound[at]);
  bound[at] = {};
}

void WantPairs(bool are_wanted) {
  pairs.are_wanted = are_wanted;
  if (!are_wanted) std::for_each(bound.begin(), bound.end(), ReadOneByOne);
}

void LookForLoneFrames(PairClock::time_point now) {
  pairs.now = now;
  if (!pairs.are_wanted) return;
  for (size_t left = bound.size() / kTurnsToLookAtAll + 1; left > 0 && !bound.empty(); --left) {
    if (pairs.next >= bound.size()) pairs.next = 0;
    Bound& at = bound[pairs.next++];
    if (at.is_in_pairs && now - at.read_at > kAloneMax) ReadOneByOne(at);
  }
}

void ExportDirectMedia(Napi::Env env, Napi::Object exports) {
  exports["takeSocketsOf"] = Napi::Function::New<TakeSocketsOf>(env, "takeSocketsOf");
}

}  // namespace trunkline
