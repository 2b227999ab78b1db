// EventMark: what an event carries, so that whoever reads it knows which it is and when it was due:
// "@@<number>.<nanoseconds>@", padded to the event's size.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Of the monotonic clock, which all processes of a machine share.
inline std::int64_t now_nanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct EventMark {
  std::size_t number = 0;
  std::int64_t due = 0;

  std::string padded(std::size_t size) const {
    std::string text = "@@" + std::to_string(number) + "." + std::to_string(due) + "@";
    if (text.size() < size) text.append(size - text.size(), 'x');
    return text;
  }
  static std::optional<EventMark> find(std::string_view text) {
    const std::size_t at = text.find("@@");
    if (at == std::string_view::npos) return std::nullopt;
    const char* const end = text.data() + text.size();
    EventMark mark;
    const auto number = std::from_chars(text.data() + at + 2, end, mark.number);
    if (number.ec != std::errc() || number.ptr == end || *number.ptr != '.') return std::nullopt;
    const auto due = std::from_chars(number.ptr + 1, end, mark.due);
    if (due.ec != std::errc() || due.ptr == end || *due.ptr != '@') return std::nullopt;
    return mark;
  }
};
