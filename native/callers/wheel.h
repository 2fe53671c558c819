// Alarms in slots of 1 ms, in intrusive lists: set, moved and taken out without an allocation and in constant time. One far
// away is passed over at each turn of the wheel.
#ifndef TRUNKLINE_CALLERS_WHEEL_H_
#define TRUNKLINE_CALLERS_WHEEL_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace trunkline::callers {

// Held by whoever is woken; must be taken out (`Wheel::Unset`) before it dies.
template <typename Owner>
struct Alarm {
  explicit Alarm(Owner* woken) : owner(woken) {}
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  Owner* owner;
  int64_t slot = 0;
  Alarm* next = nullptr;
  // The pointer that points here; null while not set.
  Alarm** link = nullptr;
};

template <typename Owner>
class Wheel {
 public:
  // Wakes at `slot`, or at the next visit if that has passed. Replaces what was set.
  void Set(Alarm<Owner>* alarm, int64_t slot) {
    Unset(alarm);
    if (slot <= visited_) slot = visited_ + 1;
    alarm->slot = slot;
    Alarm<Owner>** head = &heads_[static_cast<size_t>(slot) % kSlots];
    alarm->next = *head;
    if (alarm->next != nullptr) alarm->next->link = &alarm->next;
    alarm->link = head;
    *head = alarm;
  }

  void Unset(Alarm<Owner>* alarm) {
    if (alarm->link == nullptr) return;
    *alarm->link = alarm->next;
    if (alarm->next != nullptr) alarm->next->link = alarm->link;
    alarm->link = nullptr;
    alarm->next = nullptr;
  }

  // Every slot has to be visited, in order. `wake` may set any alarm, but must not destroy another owner.
  template <typename Wake>
  void Visit(int64_t slot, Wake wake) {
    visited_ = slot;
    Alarm<Owner>* alarm = heads_[static_cast<size_t>(slot) % kSlots];
    while (alarm != nullptr) {
      Alarm<Owner>* next = alarm->next;
      if (alarm->slot <= slot) {
        Unset(alarm);
        wake(alarm->owner);
      }
      alarm = next;
    }
  }

 private:
  static constexpr size_t kSlots = 1024;
  std::array<Alarm<Owner>*, kSlots> heads_{};
  int64_t visited_ = 0;
};

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_WHEEL_H_
