#include "messaging/model/chat_timer.h"

#include <fmt/format.h>

#include <cmath>

namespace messaging {
namespace {

constexpr std::uint32_t kMinute = 60, kHour = 3600, kDay = 86'400, kWeek = 604'800;
constexpr std::uint32_t kYear = 31'536'000, kYearAtMost = 31'708'800;

// One decimal at most.
std::string count_of(std::uint32_t seconds, std::uint32_t unit, std::string_view name) {
  const double count = std::round(seconds * 10.0 / unit) / 10;
  return fmt::format("{} {}", count, name);
}

std::string span_of(std::uint32_t seconds) {
  if (seconds <= kMinute) return fmt::format("{} s", seconds);
  if (seconds < kHour) return count_of(seconds, kMinute, "minutes");
  if (seconds == kHour) return "1 hour";
  if (seconds < kDay) return count_of(seconds, kHour, "hours");
  if (seconds == kDay) return "1 day";
  if (seconds < kWeek) return count_of(seconds, kDay, "days");
  if (seconds == kWeek) return "1 week";
  if (seconds >= kYear && seconds <= kYearAtMost) return "1 year";
  return count_of(seconds, kWeek, "weeks");
}

}  // namespace

void write_value(base::WireWriter& out, const TimerValue& value) {
  out.u32(value.seconds).u64(value.number);
}

TimerValue read_value(base::WireReader& in) {
  TimerValue value;
  value.seconds = in.u32();
  value.number = in.u64();
  if (value.number > (std::uint64_t{1} << 62)) in.refuse();  // it is stored as a signed integer
  return value;
}

void write_fields(base::WireWriter& out, const ChatTimer& timer) {
  out.boolean(timer.group.has_value());
  if (timer.group) out.fixed(*timer.group);
  write_value(out, timer.value);
}

void read_fields(base::WireReader& in, ChatTimer& timer) {
  if (in.boolean()) timer.group = in.array<16>();
  timer.value = read_value(in);
}

std::string timer_line(std::uint32_t seconds, const std::optional<std::string>& by) {
  if (seconds == 0) {
    return by ? fmt::format("Message deletion timer is disabled by {}.", *by)
              : "You disabled message deletion timer.";
  }
  const std::string span = span_of(seconds);
  return by ? fmt::format("Message deletion timer is set to {} by {}.", span, *by)
            : fmt::format("You set message deletion timer to {}.", span);
}

}  // namespace messaging
