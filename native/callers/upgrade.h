// The server's answer to the upgrade: HTTP/1.1 101 with the accept value that belongs to our key, and no extension or
// subprotocol, since none was offered (RFC 6455, 4.1).
#ifndef TRUNKLINE_CALLERS_UPGRADE_H_
#define TRUNKLINE_CALLERS_UPGRADE_H_

#include <strings.h>

#include <cstddef>
#include <string_view>

namespace trunkline::callers {

struct UpgradeAnswer {
  // Of the head; 0: more is needed.
  size_t bytes = 0;
  // Null: it is good so far. Else what is wrong, and the HTTP status or 0.
  const char* why = nullptr;
  int status = 0;
};

inline UpgradeAnswer ReadUpgradeAnswer(std::string_view input, std::string_view accept) {
  constexpr size_t kHeadMaxBytes = 16 * 1024;
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const auto is = [](std::string_view name, std::string_view other) {
    return name.size() == other.size() && strncasecmp(name.data(), other.data(), name.size()) == 0;
  };
  const size_t end = input.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (input.size() > kHeadMaxBytes) return {.why = "an answer with a head over 16 KiB"};
    return {};
  }
  const std::string_view head = input.substr(0, end);
  if (!head.starts_with(kVersion) || head.size() < kVersion.size() + 3) return {.why = "an answer that is not HTTP/1.1"};
  int status = 0;
  for (const char digit : head.substr(kVersion.size(), 3)) {
    if (digit < '0' || digit > '9') return {.why = "an answer that is not HTTP/1.1"};
    status = status * 10 + (digit - '0');
  }
  if (status != 101) return {.why = "the upgrade was not accepted", .status = status};
  bool is_accepted = false;
  for (size_t at = head.find("\r\n"); at != std::string_view::npos;) {
    const size_t next = head.find("\r\n", at + 2);
    const std::string_view line = head.substr(at + 2, next == std::string_view::npos ? next : next - at - 2);
    const size_t colon = line.find(':');
    at = next;
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
    if (is(name, "sec-websocket-accept")) is_accepted = value == accept;
    if (is(name, "sec-websocket-extensions")) return {.why = "an extension that was not offered", .status = status};
    if (is(name, "sec-websocket-protocol")) return {.why = "a subprotocol that was not offered", .status = status};
  }
  if (!is_accepted) return {.why = "a Sec-WebSocket-Accept of another key, or none", .status = status};
  return {.bytes = end + 4};
}

}  // namespace trunkline::callers

#endif  // TRUNKLINE_CALLERS_UPGRADE_H_
