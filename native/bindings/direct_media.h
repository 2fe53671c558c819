// Media that need not enter JavaScript. Of 50 messages a second and stream all but a few change nothing that JavaScript would act on, yet
// each costs it a callback, an ArrayBuffer and two crossings: a third of what a frame costs. Here the bytes that uWebSockets.js has read
// from a socket are looked at first; what is nothing but whole media messages of a live stream goes straight to
// its receiver, and everything else goes on to uWebSockets.js, byte for byte as it came.
#ifndef TRUNKLINE_BINDINGS_DIRECT_MEDIA_H_
#define TRUNKLINE_BINDINGS_DIRECT_MEDIA_H_

#include <chrono>
#include <cstddef>
#include <span>

struct us_socket_t;

namespace trunkline {

// Who takes the media of one socket.
class MediaTaker {
 public:
  // Whether the next bytes may be taken at all.
  virtual bool TakesDirectly() const = 0;
  // Whether it makes no difference if the next message is taken with the one after it, 20 ms late.
  virtual bool CanWait() const = 0;
  // One text message, whole. False: nothing was taken, and the message goes the ordinary way. May run JavaScript, which may end the
  // stream and with it this object's binding.
  virtual bool TakeDirectly(const char* message, size_t bytes) = 0;

 protected:
  ~MediaTaker() = default;
};

// The socket whose bytes uWebSockets.js is being given at this moment, on this thread; null otherwise.
us_socket_t* SocketBeingRead();

// From now on until `UnbindMedia`, `taker` is asked for each read of `socket`. A socket has one taker, the last. `state`: what
// its messages change, and where the taker itself is not; it lives as long. With many streams neither is in a cache when their socket is read.
// Returns what to unbind it by, since the socket may be gone then; negative: it is closed, and was not bound.
int BindMedia(us_socket_t* socket, MediaTaker* taker, std::span<const std::byte> state);
void UnbindMedia(int descriptor, MediaTaker* taker);

using PairClock = std::chrono::steady_clock;

// While wanted, sockets whose taker can wait are read two frames at a time: half as many reads, polls and wake-ups. Whoever wants it calls
// LookForLoneFrames in each turn of the loop, at least every 20 ms: what lies alone in a socket is read after 60 to 100 ms.
void WantPairs(bool are_wanted);
void LookForLoneFrames(PairClock::time_point now);

}  // namespace trunkline

#endif  // TRUNKLINE_BINDINGS_DIRECT_MEDIA_H_
