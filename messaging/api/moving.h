// Moving: an account lives on one gateway. A mark in the account's own configuration says that
// another gateway took it: nothing is sent or received here any more.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "messaging/model/types.h"
#include "store/tables/scope.h"

namespace messaging {

struct MovedMark {
  enum class State : std::uint8_t {
    sent = 1,   // all of it was sent, but its arrival was not confirmed: start_io continues here
    taken = 2,  // another gateway has it
  };
  State state = State::sent;
  base::UnixMillis at = 0;
};

base::Result<std::optional<MovedMark>> find_moved_mark(const store::Scope& scope);
base::Result<> set_moved_mark(const store::Scope& scope, const std::optional<MovedMark>& mark);
// The error for calls that need delivery.
base::Error moved_away(AccountId account, const MovedMark& mark);

}  // namespace messaging
