#include "messaging/kernel/timer_lines.h"

#include <fmt/format.h>

#include <cmath>

namespace messaging::kernel {
namespace {

constexpr std::uint32_t kMinute = 60, kHour = 3600, kDay = 86'400, kWeek = 604'800;
constexpr std::uint32_t kYear = 31'536'000, kYearAtMost = 31'708'800;

struct Duration {
  Stock ours;
  Stock theirs;
  std::string_view unit;
  std::string count;  // "": one unit, which the text contains
};

// One decimal at most.
std::string count_of(std::uint32_t seconds, std::uint32_t unit) {
  return fmt::format("{}", std::round(seconds * 10.0 / unit) / 10);
}

Duration duration_of(std::uint32_t seconds) {
  using enum Stock;
  if (seconds <= kMinute) return {we_set_timer_s, timer_s_by, "s", std::to_string(seconds)};
  if (seconds < kHour) {
    return {we_set_timer_minutes, timer_minutes_by, "minutes", count_of(seconds, kMinute)};
  }
  if (seconds == kHour) return {we_set_timer_hour, timer_hour_by, "1 hour", ""};
  if (seconds < kDay) {
    return {we_set_timer_hours, timer_hours_by, "hours", count_of(seconds, kHour)};
  }
  if (seconds == kDay) return {we_set_timer_day, timer_day_by, "1 day", ""};
  if (seconds < kWeek) return {we_set_timer_days, timer_days_by, "days", count_of(seconds, kDay)};
  if (seconds == kWeek) return {we_set_timer_week, timer_week_by, "1 week", ""};
  if (seconds >= kYear && seconds <= kYearAtMost) {
    return {we_set_timer_year, timer_year_by, "1 year", ""};
  }
  return {we_set_timer_weeks, timer_weeks_by, "weeks", count_of(seconds, kWeek)};
}

}  // namespace

std::string timer_line(const StockStrings& words, std::uint32_t seconds,
                       const std::optional<std::string>& by) {
  if (seconds == 0) {
    return by ? words.fill(Stock::timer_disabled_by, "Message deletion timer is disabled by %1$s.",
                           {*by})
              : words.get(Stock::we_disabled_timer, "You disabled message deletion timer.");
  }
  const Duration to = duration_of(seconds);
  const std::string count = to.count.empty() ? "" : "%1$s ";
  if (!by) {
    return words.fill(to.ours,
                      fmt::format("You set message deletion timer to {}{}.", count, to.unit),
                      {to.count});
  }
  const int name = to.count.empty() ? 1 : 2;
  const std::string text =
      fmt::format("Message deletion timer is set to {}{} by %{}$s.", count, to.unit, name);
  return to.count.empty() ? words.fill(to.theirs, text, {*by})
                          : words.fill(to.theirs, text, {to.count, *by});
}

}  // namespace messaging::kernel
