// StockStrings: texts that a client sets to replace the gateway's English ones, by Delta Chat's
// numbers. In memory: a client sets them after each start. Safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"

namespace messaging::kernel {

// The texts that are used; others are stored without effect.
enum class Stock : std::uint32_t {
  no_messages = 1,
  self = 2,
  draft = 3,
  voice = 7,
  image = 9,
  video = 10,
  gif = 23,
  sticker = 67,
  device_messages = 68,
  saved_messages = 69,
  we_renamed_group = 124,
  group_renamed_by = 125,
  we_changed_image = 126,
  image_changed_by = 127,
  we_added_member = 128,
  member_added_by = 129,
  we_removed_member = 130,
  member_removed_by = 131,
  we_left_group = 132,
  group_left_by = 133,
  we_deleted_image = 134,
  image_deleted_by = 135,
  location_sent_by = 137,
  we_disabled_timer = 138,
  timer_disabled_by = 139,
  we_set_timer_s = 140,
  timer_s_by = 141,
  we_set_timer_hour = 144,
  timer_hour_by = 145,
  we_set_timer_day = 146,
  timer_day_by = 147,
  we_set_timer_week = 148,
  timer_week_by = 149,
  we_set_timer_minutes = 150,
  timer_minutes_by = 151,
  we_set_timer_hours = 152,
  timer_hours_by = 153,
  we_set_timer_days = 154,
  timer_days_by = 155,
  we_set_timer_weeks = 156,
  timer_weeks_by = 157,
  we_set_timer_year = 158,
  timer_year_by = 159,
  chat_is_encrypted = 170,
  member_added = 173,
  we_left_channel = 200,
};

// The number of placeholders, such as %1$s, in a text; nothing for one that is not used.
constexpr std::optional<int> places_of(std::uint32_t number) {
  using enum Stock;
  switch (static_cast<Stock>(number)) {
    case no_messages:
    case self:
    case draft:
    case voice:
    case image:
    case video:
    case gif:
    case sticker:
    case device_messages:
    case saved_messages:
    case we_changed_image:
    case we_left_group:
    case we_deleted_image:
    case chat_is_encrypted:
    case we_left_channel:
    case we_disabled_timer:
    case we_set_timer_hour:
    case we_set_timer_day:
    case we_set_timer_week:
    case we_set_timer_year:
      return 0;
    case image_changed_by:
    case we_added_member:
    case we_removed_member:
    case group_left_by:
    case image_deleted_by:
    case location_sent_by:
    case member_added:
    case timer_disabled_by:
    case we_set_timer_s:
    case timer_hour_by:
    case timer_day_by:
    case timer_week_by:
    case we_set_timer_minutes:
    case we_set_timer_hours:
    case we_set_timer_days:
    case we_set_timer_weeks:
    case timer_year_by:
      return 1;
    case we_renamed_group:
    case member_added_by:
    case member_removed_by:
    case timer_s_by:
    case timer_minutes_by:
    case timer_hours_by:
    case timer_days_by:
    case timer_weeks_by:
      return 2;
    case group_renamed_by:
      return 3;
  }
  return std::nullopt;
}

class StockStrings {
 public:
  void set(const std::map<std::uint32_t, std::string>& strings) {
    base::Lock lock(mutex_);
    for (const auto& [number, text] : strings) strings_[number] = text;
  }
  std::string get(Stock which, std::string_view otherwise) const {
    base::Lock lock(mutex_);
    const auto found = strings_.find(static_cast<std::uint32_t>(which));
    return found == strings_.end() ? std::string(otherwise) : found->second;
  }
  // A text with placeholders %1$s, %2$s, … for the arguments; it may omit some.
  std::string fill(Stock which, std::string_view otherwise,
                   std::initializer_list<std::string_view> arguments) const {
    const std::string text = get(which, otherwise);
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const bool place = text[at] == '%' && at + 3 < text.size() && text[at + 2] == '$' &&
                         text[at + 3] == 's' && text[at + 1] > '0' &&
                         static_cast<std::size_t>(text[at + 1] - '0') <= arguments.size();
      if (!place) {
        out += text[at];
        continue;
      }
      out += *(arguments.begin() + (text[at + 1] - '1'));
      at += 3;
    }
    return out;
  }

 private:
  mutable base::Mutex mutex_;
  std::map<std::uint32_t, std::string> strings_ GUARDED_BY(mutex_);
};

}  // namespace messaging::kernel
