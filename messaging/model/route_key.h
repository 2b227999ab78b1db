// RouteKey: a route of an account, to a peer's mailbox.
#pragma once

#include <cstdint>
#include <utility>

#include "base/ids.h"

namespace messaging {

using RouteKey = std::pair<base::AccountId, std::int64_t>;

}  // namespace messaging
