#include "gateway/hub/frame_text.h"

#include <fmt/format.h>

#include <iterator>

namespace gateway {
namespace {

void append_data(std::string& out, std::string_view data) {
  out += "data: ";
  // Nearly always one line; then this is one search and one copy.
  for (std::size_t from = 0;;) {
    const std::size_t at = data.find_first_of(std::string_view("\r\n\0", 3), from);
    out.append(data.substr(from, at - from));
    if (at == std::string_view::npos) break;
    if (data[at] == '\0') {
      out += "\xEF\xBF\xBD";
      from = at + 1;
      continue;
    }
    const bool pair = data[at] == '\r' && at + 1 < data.size() && data[at + 1] == '\n';
    out += "\ndata: ";
    from = at + (pair ? 2 : 1);
  }
  out += "\n\n";
}

}  // namespace

void append_frame(std::string& out, const EventFrame& frame) {
  fmt::format_to(std::back_inserter(out), "id: {}\n", frame.id.value);
  append_data(out, frame.json);
}

void append_event_name(std::string& out, std::string_view type) {
  out += "event: ";
  for (const char c : type) {
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  }
  out += '\n';
}

void append_lag(std::string& out, base::EventId resumes_after,
                std::optional<std::uint64_t> dropped) {
  fmt::format_to(std::back_inserter(out), "event: lag\nid: {}\ndata: {{\"dropped\":{}}}\n\n",
                 resumes_after.value, dropped ? fmt::to_string(*dropped) : "null");
}

void append_ping(std::string& out, std::optional<base::EventId> position) {
  out += ": ping\n";
  if (position) fmt::format_to(std::back_inserter(out), "id: {}\n", position->value);
  out += '\n';
}

}  // namespace gateway
