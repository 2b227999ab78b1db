// The tables that the store keeps for itself, beside those of the migrations. Within store/.
//
//   store_meta  the store's format, and a number that is stepped to write over a failed commit
//   store_key   the data key, wrapped (master_key.h)
//   counter     numbers given out (counter.h)
//   event       the event log (event_log.h)
#pragma once

#include <string>

#include "base/result.h"
#include "store/connection.h"

namespace store {

// True for a database without any table: a new store, or one whose making was cut short.
base::Result<bool> is_empty(Connection& db);
// What makes them, and their application id.
std::string own_tables_sql();

}  // namespace store
