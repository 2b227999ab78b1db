#include "gateway/hub/frame_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "rpc/json_write.h"

namespace gateway {
namespace {

// How many bytes the end of a line at `at` takes; 0: there is none. Many readers take for one what
// Unicode does (Python's str.splitlines(), and with it requests' iter_lines()): what stood behind
// it would be read as fields of the frame. JSON has them escaped.
std::size_t break_size(std::string_view data, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < data.size() ? static_cast<unsigned char>(data[at + i]) : 0U;
  };
  switch (byte(0)) {
    case '\r':
      return byte(1) == '\n' ? 2 : 1;
    case '\n':
    case '\v':
    case '\f':
    case 0x1c:
    case 0x1d:
    case 0x1e:
      return 1;
    case 0xc2:  // U+0085
      return byte(1) == 0x85 ? 2 : 0;
    case 0xe2:  // U+2028, U+2029
      return byte(1) == 0x80 && (byte(2) == 0xa8 || byte(2) == 0xa9) ? 3 : 0;
    default:
      return 0;
  }
}

// The first place from `at` on that a line of a frame cannot hold; npos when there is none. By
// hand: find_first_of() with several characters is a call for each byte.
std::size_t find_break(std::string_view data, std::size_t at) {
  for (; at < data.size(); ++at) {
    const auto c = static_cast<unsigned char>(data[at]);
    if (c > 0x1e && c != 0xc2 && c != 0xe2) continue;
    if (c == 0 || break_size(data, at) > 0) return at;
  }
  return std::string_view::npos;
}

void append_data(std::string& out, std::string_view data) {
  out += "data: ";
  // Nearly always one line; then this is one search and one copy.
  for (std::size_t from = 0;;) {
    const std::size_t at = find_break(data, from);
    out.append(data.substr(from, at - from));
    if (at == std::string_view::npos) break;
    if (data[at] == '\0') {
      out += "\xEF\xBF\xBD";
      from = at + 1;
      continue;
    }
    out += "\ndata: ";
    from = at + break_size(data, at);
  }
  out += "\n\n";
}

// Publishing refuses text that would break a line; this check is the second one.
void append_line(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  }
  out += '\n';
}

void append_fields(std::string& out, const EventFrame& frame) {
  if (frame.channel && !frame.type.empty()) append_event_name(out, frame.type);
  if (frame.id.valid()) {
    fmt::format_to(std::back_inserter(out), "id: {}", frame.id.value);
    if (frame.channel && !frame.channel->own_id.empty()) out += '/';
    append_line(out, frame.channel ? std::string_view(frame.channel->own_id) : "");
  }
  if (frame.channel && frame.channel->retry != 0) {
    fmt::format_to(std::back_inserter(out), "retry: {}\n", frame.channel->retry);
  }
}

// In JSON the places stand inside of strings: nowhere else are there two braces together.
std::string filled(std::string_view data, bool json, const Properties& properties) {
  std::string out;
  for (;;) {
    const std::size_t open = data.find("{{");
    const std::size_t close = open == std::string_view::npos ? open : data.find("}}", open);
    if (close == std::string_view::npos) break;
    out += data.substr(0, open);
    const std::string_view name = data.substr(open + 2, close - open - 2);
    const auto found = std::find_if(properties.begin(), properties.end(),
                                    [&](const auto& property) { return property.first == name; });
    if (found != properties.end() && json) {
      std::string quoted;
      rpc::append_json_string(quoted, found->second);
      out.append(quoted, 1, quoted.size() - 2);
    } else if (found != properties.end()) {
      out += found->second;
    }
    data.remove_prefix(close + 2);
  }
  out += data;
  return out;
}

}  // namespace

void append_frame(std::string& out, const EventFrame& frame) {
  append_fields(out, frame);
  append_data(out, frame.data);
}

void append_filled_frame(std::string& out, const EventFrame& frame, const Properties& properties) {
  append_fields(out, frame);
  append_data(out, filled(frame.data, frame.channel && frame.channel->json, properties));
}

void append_event_name(std::string& out, std::string_view type) {
  out += "event: ";
  append_line(out, type);
}

void append_position(std::string& out, base::EventId position, PositionEnd end) {
  fmt::format_to(std::back_inserter(out), "id: {}\n{}", position.value,
                 end == PositionEnd::comment ? ":\n" : "\n");
}

void append_lag(std::string& out, base::EventId resumes_after,
                std::optional<std::uint64_t> dropped) {
  fmt::format_to(std::back_inserter(out), "event: lag\nid: {}\ndata: {{\"dropped\":{}}}\n\n",
                 resumes_after.value, dropped ? fmt::to_string(*dropped) : "null");
}

void append_ping(std::string& out, std::optional<base::EventId> position, PositionEnd end) {
  out += ": ping\n";
  if (position) append_position(out, *position, end);
}

void append_heartbeat(std::string& out, base::EventId position) {
  fmt::format_to(std::back_inserter(out), "event: heartbeat\nid: {}\ndata: {{}}\n\n",
                 position.value);
}

void append_chunk(std::string& out, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "{:x}\r\n", text.size());
  out.append(text).append(kChunkEnd);
}

}  // namespace gateway
