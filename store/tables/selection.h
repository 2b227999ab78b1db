// The account that is selected in the daemon: at most one.
#pragma once

#include <optional>

#include "base/ids.h"
#include "base/result.h"
#include "store/connection.h"

namespace store {

base::Result<std::optional<base::AccountId>> find_selection(Connection& db);
base::Result<> select_account(Connection& db, std::optional<base::AccountId> account);

}  // namespace store
