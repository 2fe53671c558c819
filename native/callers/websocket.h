// RFC 6455 from the client's side, as much of it as a carrier uses: masked frames out; whole, unmasked text and control
// frames in. No extensions. Fragments are refused: Twilio's peers send each message in one frame.
#ifndef TRUNKLINE_CALLERS_WEBSOCKET_H_
#define TRUNKLINE_CALLERS_WEBSOCKET_H_

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace trunkline::callers {

enum class Opcode : uint8_t { kText = 1, kClose = 8, kPing = 9, kPong = 10 };

// Builds one masked frame in place: `Begin`, `Put...`, `Finish`. Larger than any message of a carrier; what goes beyond
// is cut and `Fits` says so.
class FrameBuilder {
 public:
  static constexpr size_t kPayloadMax = 60'000;

  void Begin() { bytes_ = 0; fits_ = true; }

  void Put(std::string_view text) {
    if (text.size() > kPayloadMax - bytes_) {
      fits_ = false;
      return;
    }
    std::memcpy(payload_ + bytes_, text.data(), text.size());
    bytes_ += text.size();
  }

  void PutNumber(uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    Put({digits, static_cast<size_t>(end - digits)});
  }

  bool Fits() const { return fits_; }

  // The frame's bytes, valid until `Begin`.
  std::string_view Finish(Opcode opcode, uint32_t mask);

 private:
  // Flags, length, two bytes of a longer length, the mask.
  static constexpr size_t kHeaderMax = 8;

  alignas(8) char buffer_[kHeaderMax + kPayloadMax + 8];
  char* const payload_ = buffer_ + kHeaderMax;
  size_t bytes_ = 0;
  bool fits_ = true;
};

struct Frame {
  Opcode opcode = Opcode::kText;
  // Points into the input.
  std::string_view payload;
};

enum class FrameReading : uint8_t { kFrame, kNeedsMore, kWrong };

// Reads the frame at the front of `input`. kFrame: fills `frame`, and `taken` with its length in all. kWrong: `why` is a
// text that lives for ever.
FrameReading ReadFrame(std::string_view input, Frame* frame, size_t* taken, const char** why);

// The code of a close frame's payload; 1005 if it has none.
int CloseCodeOf(std::string_view payload);

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_WEBSOCKET_H_
