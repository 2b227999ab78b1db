// The one row that carries time over a stop of the daemon (messaging/kernel/steady_time.h says
// how).
#pragma once

#include <optional>

#include "base/clock.h"
#include "store/connection.h"

namespace store {

struct SteadyTimeRow {
  base::UnixMillis steady = 0;
  base::UnixMillis wall = 0;
  base::Millis doubtful_off = 0;
  bool suspect = false;
  base::UnixMillis trusted = 0;  // 0 not known
};

base::Result<std::optional<SteadyTimeRow>> find_steady_time(Connection& db);
base::Result<> write_steady_time(Connection& db, const SteadyTimeRow& row);

}  // namespace store
