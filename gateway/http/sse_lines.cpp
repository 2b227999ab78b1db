#include "gateway/http/sse_lines.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxFrame = 16 * 1024 * 1024;

}  // namespace

void SseLines::feed(std::string_view bytes) {
  for (const char c : bytes) {
    const bool second_half = after_cr_ && c == '\n';
    after_cr_ = c == '\r';
    if (second_half) continue;
    if (c == '\n' || c == '\r') {
      const std::string line = std::move(line_);
      line_.clear();
      take_line(line);
    } else if (line_.size() < kMaxFrame) {
      line_ += c;
    }
  }
}

void SseLines::take_line(std::string_view line) {
  if (line.empty()) {
    last_id_ = pending_id_;
    if (has_data_) on_event_(event_);
    event_ = {};
    has_data_ = false;
    return;
  }
  const auto colon = line.find(':');
  if (colon == 0) {
    // A comment stands in no event: the id before it is a position, of which no event is to come.
    if (!has_data_ && event_.type.empty()) last_id_ = pending_id_;
    return;
  }
  const std::string_view name = line.substr(0, colon);
  std::string_view value =
      colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (name == "data") {
    if (event_.data.size() + value.size() > kMaxFrame) return;
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  } else if (name == "event") {
    event_.type = value;
  } else if (name == "id" && value.find('\0') == std::string_view::npos) {
    pending_id_ = value;
  }
}

void SseLines::reset() {
  line_.clear();
  event_ = {};
  has_data_ = false;
  after_cr_ = false;
  pending_id_ = last_id_;
}

}  // namespace gateway
