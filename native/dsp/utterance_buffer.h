// Samples of one utterance: takes room when the first come and grows by doubling up to a bound, so that whoever listens
// to a silent caller pays for no utterance, and a one-word answer for two seconds and not sixty. Where memory runs out it
// keeps what it has; an utterance is then short, never a crash.
#ifndef TRUNKLINE_DSP_UTTERANCE_BUFFER_H_
#define TRUNKLINE_DSP_UTTERANCE_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace trunkline {

class UtteranceBuffer {
 public:
  UtteranceBuffer() = default;
  UtteranceBuffer(const UtteranceBuffer&) = delete;
  UtteranceBuffer& operator=(const UtteranceBuffer&) = delete;
  ~UtteranceBuffer() { std::free(samples_); }

  const int16_t* samples() const { return samples_; }
  size_t count() const { return count_; }
  // Samples that there is room for; 0 when no memory is held.
  size_t capacity() const { return capacity_; }

  // How many samples there may ever be; what is over that later is dropped.
  void Limit(size_t most) { most_ = most; }

  // Makes room for `count` samples, as far as the limit allows.
  void Reserve(size_t count) {
    if (count > capacity_) Grow(count);
  }

  // Adds `count` samples without values and returns where they begin; null if there is no room for all.
  int16_t* Extend(size_t count) {
    const size_t wanted = count_ + count;
    if (wanted > most_ || (wanted > capacity_ && !Grow(std::max(wanted, 2 * capacity_)))) return nullptr;
    int16_t* room = samples_ + count_;
    count_ = wanted;
    return room;
  }

  void Append(const int16_t* samples, size_t count) {
    int16_t* room = Extend(count);
    if (room != nullptr) std::copy_n(samples, count, room);
  }

  void Truncate(size_t count) { count_ = std::min(count_, count); }
  void Release() {
    std::free(samples_);
    samples_ = nullptr;
    count_ = 0;
    capacity_ = 0;
  }

  // Changes samples with `other`; the bound is taken over from it and stays there.
  void Swap(UtteranceBuffer* other) {
    std::swap(samples_, other->samples_);
    std::swap(count_, other->count_);
    std::swap(capacity_, other->capacity_);
    most_ = other->most_;
  }

 private:
  bool Grow(size_t capacity) {
    capacity = std::min(capacity, most_);
    if (capacity <= capacity_) return false;
    void* grown = std::realloc(samples_, capacity * sizeof(int16_t));
    if (grown == nullptr) return false;
    samples_ = static_cast<int16_t*>(grown);
    capacity_ = capacity;
    return true;
  }

  int16_t* samples_ = nullptr;
  size_t count_ = 0;
  size_t capacity_ = 0;
  size_t most_ = 0;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_UTTERANCE_BUFFER_H_
