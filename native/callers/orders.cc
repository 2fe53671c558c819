#include "callers/orders.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "callers/units.h"

namespace trunkline::callers {
namespace {

// Takes the text up to the next separator, or all of it.
std::string_view TakeField(std::string_view* rest, char separator) {
  const size_t end = rest->find(separator);
  const std::string_view field = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return field;
}

std::optional<uint64_t> ToNumber(std::string_view text) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end || number > 1ULL << 53) return std::nullopt;
  return number;
}

// Whole frames, at least one.
bool TakeFrames(std::string_view base64, Clip* clip) {
  if (base64.empty() || base64.size() % kFrameCharacters != 0) return false;
  clip->base64 = base64;
  clip->frames = base64.size() / kFrameCharacters;
  return true;
}

std::optional<Step> ReadStep(std::string_view text, const Clips& clips) {
  const std::string_view kind = TakeField(&text, ':');
  const std::string_view what = TakeField(&text, ':');
  const auto wait_ms = ToNumber(text);
  if (!wait_ms.has_value()) return std::nullopt;
  Step step;
  step.wait_ns = static_cast<int64_t>(*wait_ms) * kNsPerMs;
  if (kind == "hang-up") {
    step.kind = Step::Kind::kHangUp;
    return step;
  }
  if (kind == "press") {
    step.kind = Step::Kind::kPress;
    step.digits = what;
    return what.empty() ? std::nullopt : std::optional(step);
  }
  if (kind != "say" && kind != "barge") return std::nullopt;
  step.kind = kind == "say" ? Step::Kind::kSay : Step::Kind::kBarge;
  const auto clip = clips.find(ToNumber(what).value_or(UINT64_MAX));
  if (clip == clips.end()) return std::nullopt;
  step.clip = clip->second.get();
  return step;
}

std::string ToHead(std::string_view text) {
  std::string head;
  for (const char byte : text) {
    if (byte == '\x1e') head += "\r\n";
    else head += byte;
  }
  return head;
}

bool ReadCall(std::string_view rest, const Clips& clips, StreamOrder* call) {
  const auto id = ToNumber(TakeField(&rest, '\t'));
  call->host = TakeField(&rest, '\t');
  const auto port = ToNumber(TakeField(&rest, '\t'));
  call->request = ToHead(TakeField(&rest, '\t'));
  call->accept = TakeField(&rest, '\t');
  call->start = TakeField(&rest, '\t');
  call->names.account_sid = TakeField(&rest, '\t');
  call->names.call_sid = TakeField(&rest, '\t');
  call->names.stream_sid = TakeField(&rest, '\t');
  const auto silence_ms = ToNumber(TakeField(&rest, '\t'));
  if (!id.has_value() || !port.has_value() || *port > 65'535 || !silence_ms.has_value()) return false;
  call->id = *id;
  call->port = static_cast<uint16_t>(*port);
  call->turn_silence_ns = static_cast<int64_t>(*silence_ms) * kNsPerMs;
  while (!rest.empty()) {
    auto step = ReadStep(TakeField(&rest, '\t'), clips);
    if (!step.has_value()) return false;
    call->steps.push_back(std::move(*step));
  }
  return !call->start.empty() && !call->request.empty();
}

}  // namespace

Order ReadOrder(std::string_view line, const Clips& clips) {
  Order order;
  const std::string_view kind = TakeField(&line, '\t');
  bool is_good = false;
  if (kind == "line") {
    order.kind = Order::Kind::kLine;
    is_good = TakeFrames(line, &order.clip);
  } else if (kind == "clip") {
    order.kind = Order::Kind::kClip;
    const auto id = ToNumber(TakeField(&line, '\t'));
    const auto onset = ToNumber(TakeField(&line, '\t'));
    const auto offset = ToNumber(TakeField(&line, '\t'));
    is_good = id.has_value() && onset.has_value() && offset.has_value() && TakeFrames(line, &order.clip) &&
              *onset <= *offset && *offset < order.clip.frames;
    if (is_good) {
      order.id = *id;
      order.clip.onset_frame = *onset;
      order.clip.offset_frame = *offset;
    }
  } else if (kind == "call") {
    order.kind = Order::Kind::kCall;
    is_good = ReadCall(line, clips, &order.call);
    order.id = order.call.id;
  } else if (kind == "hang-up") {
    order.kind = Order::Kind::kHangUp;
    const auto id = ToNumber(line);
    is_good = id.has_value();
    order.id = id.value_or(0);
  } else if (kind == "end") {
    order.kind = Order::Kind::kEnd;
    is_good = true;
  }
  if (!is_good) order.kind = Order::Kind::kWrong;
  return order;
}

}  // namespace trunkline::callers
