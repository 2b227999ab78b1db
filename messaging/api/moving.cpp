#include "messaging/api/moving.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>

#include "store/tables/config_values.h"

namespace messaging {
namespace {

// No config key of a caller can begin with this (config_keys.h).
constexpr std::string_view kMovedKey = "_moved";

}  // namespace

base::Result<std::optional<MovedMark>> find_moved_mark(const store::Scope& scope) {
  EDGE_TRY(const auto value, store::find_config_value(scope, kMovedKey));
  if (!value || value->size() < 3) return std::optional<MovedMark>();
  MovedMark mark;
  mark.state = value->front() == '2' ? MovedMark::State::taken : MovedMark::State::sent;
  std::from_chars(value->data() + 2, value->data() + value->size(), mark.at);
  return std::optional(mark);
}

base::Result<> set_moved_mark(const store::Scope& scope, const std::optional<MovedMark>& mark) {
  if (!mark) return store::set_config_value(scope, kMovedKey, std::nullopt);
  return store::set_config_value(scope, kMovedKey,
                                 fmt::format("{} {}", static_cast<int>(mark->state), mark->at));
}

base::Error moved_away(AccountId account, const MovedMark& mark) {
  return base::fail(
      base::Errc::forbidden,
      fmt::format("account {} lives on another gateway since {:%Y-%m-%d %H:%M} UTC, which took it"
                  " by get_backup; remove_account removes what is left of it here",
                  account.value, fmt::gmtime(static_cast<std::time_t>(mark.at / 1000))));
}

}  // namespace messaging
