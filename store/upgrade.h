// Steps of the schema on a database whose rows have MACs (row_macs.h): each in a transaction of its
// own, so that a failing step leaves the database at the one before. Within store/.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "store/connection.h"
#include "store/schema.h"
#include "store/vault.h"

namespace store {

// One step within the caller's transaction. Without a vault there are no rows yet.
base::Result<> run_step(Connection& db, const Migration& step, const Vault* vault);

// The steps behind `from`, which is the one that adds the MACs or a later one. The connection has
// no triggers yet (RowMacs::write_by).
base::Result<> run_later_steps(Connection& db, const Vault& vault, std::int64_t from,
                               std::span<const Migration> steps);

}  // namespace store
