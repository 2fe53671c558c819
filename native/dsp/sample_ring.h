// The last samples of a stream, of a number fixed when it is made.
//
//   [ newer ... | at_ | oldest ... ]      written in whole frames that divide the capacity
#ifndef TRUNKLINE_DSP_SAMPLE_RING_H_
#define TRUNKLINE_DSP_SAMPLE_RING_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace trunkline {

class SampleRing {
 public:
  explicit SampleRing(size_t capacity) : samples_(capacity, 0) {}

  // `count` divides the capacity and is the same in every call.
  void Push(const int16_t* samples, size_t count) {
    std::copy_n(samples, count, samples_.data() + at_);
    at_ = (at_ + count) % samples_.size();
  }

  // Copies the newest `count` samples, oldest first; `count` at most the capacity. Zeros stand for what never came.
  void CopyLast(size_t count, int16_t* output) const {
    const size_t start = (at_ + samples_.size() - count) % samples_.size();
    const size_t first = std::min(count, samples_.size() - start);
    std::copy_n(samples_.data() + start, first, output);
    std::copy_n(samples_.data(), count - first, output + first);
  }

 private:
  std::vector<int16_t> samples_;
  size_t at_ = 0;
};

}  // namespace trunkline

#endif  // TRUNKLINE_DSP_SAMPLE_RING_H_
