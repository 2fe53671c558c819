// What the carrier holds of the bot's audio, by arithmetic alone: the payload's length says how long it plays, so the
// buffer is one point in time, its end. Marks wait for the audio before them; a clear empties all.
//
//        playing now        marks:   a        b
//   ---------|-----------------------|--------|  end_ns_
//           now                     due      due
#ifndef TRUNKLINE_CALLERS_PLAYOUT_H_
#define TRUNKLINE_CALLERS_PLAYOUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "callers/units.h"

namespace trunkline::callers {

class Playout {
 public:
  // Twilio holds ten minutes and discards what goes beyond.
  static constexpr int64_t kHeldMaxNs = 600 * kNsPerSecond;
  static constexpr size_t kMarksMax = 1000;
  static constexpr int64_t kForeverNs = std::numeric_limits<int64_t>::max();
  // A shorter one falls between two frames of the carrier; after a longer one nobody was there to hear the rest.
  static constexpr int64_t kGapMinNs = kFrameMs * kNsPerMs;
  static constexpr int64_t kGapMaxNs = 60 * kNsPerSecond;

  // How long there has been nothing to play: 0 while something plays, kForeverNs before the first audio.
  int64_t DryForNs(int64_t now_ns) const {
    if (end_ns_ == 0) return kForeverNs;
    return std::max<int64_t>(0, now_ns - end_ns_);
  }

  // The silence that audio which comes now would end inside one prompt, or 0.
  int64_t GapNs(int64_t now_ns) const {
    const int64_t dry_ns = DryForNs(now_ns);
    return in_prompt_ && dry_ns >= kGapMinNs && dry_ns <= kGapMaxNs ? dry_ns : 0;
  }

  // False: it does not fit.
  bool Enqueue(int64_t now_ns, int64_t bytes) {
    const int64_t from_ns = std::max(end_ns_, now_ns);
    const int64_t length_ns = bytes * kNsPerByte;
    if (from_ns + length_ns - now_ns > kHeldMaxNs) return false;
    end_ns_ = from_ns + length_ns;
    taken_ns_ += length_ns;
    in_prompt_ = true;
    return true;
  }

  // What comes next is another prompt: silence before it is no gap.
  void EndPrompt() { in_prompt_ = false; }

  bool HasRoomForMark() const { return marks_.size() < kMarksMax; }

  // The mark is due when all audio before it has been played, perhaps now.
  void Mark(int64_t now_ns, std::string_view name) {
    in_prompt_ = false;
    marks_.emplace_back(std::max(end_ns_, now_ns), name);
  }

  // When the first mark is due; kForeverNs: none waits.
  int64_t NextMarkNs() const { return marks_.empty() ? kForeverNs : marks_.front().first; }

  // Gives each mark that is due to `echo`, in order.
  template <typename Echo>
  void TakeDueMarks(int64_t now_ns, Echo echo) {
    size_t due = 0;
    while (due < marks_.size() && marks_[due].first <= now_ns) echo(marks_[due++].second);
    marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(due));
  }

  // Nothing is left to play, and every mark is due.
  void Clear(int64_t now_ns) {
    taken_ns_ -= std::max<int64_t>(0, end_ns_ - now_ns);
    if (end_ns_ > now_ns) end_ns_ = now_ns;
    in_prompt_ = false;
    for (auto& mark : marks_) mark.first = now_ns;
  }

  // What the caller has heard of all that came.
  int64_t PlayedNs(int64_t now_ns) const { return taken_ns_ - std::max<int64_t>(0, end_ns_ - now_ns); }

 private:
  int64_t end_ns_ = 0;
  int64_t taken_ns_ = 0;
  bool in_prompt_ = false;
  std::vector<std::pair<int64_t, std::string>> marks_;
};

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_PLAYOUT_H_
