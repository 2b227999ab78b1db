// Which tables of an account a backup carries, and how: every table with a column `account_id`, but
// those of kLeftOut (carried_tables.cpp), which says why. Rows travel as they are stored: sealed
// columns stay sealed under the account's key, which the backup has. Not carried are `account_id`
// (another store gives another number), `mac` (made anew where the row lands) and numbers that are
// the whole store's (`id` of the outbox). Within store/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/connection.h"

namespace store::backup {

struct CarriedTable {
  std::string name;
  std::vector<std::string> columns;
  std::string order;  // of the rows: ORDER BY …
  bool has_mac = false;
};

// Of the schema that this connection's database has; by name.
base::Result<std::vector<CarriedTable>> carried_tables(Connection& db);
// The same for rows that stay in their store: every table and column that an account's removal
// deletes, and the account's counters.
base::Result<std::vector<CarriedTable>> kept_tables(Connection& db);
bool is_left_out(std::string_view table);

// SELECTs the rows of an account, intact ones where rows have MACs, with the columns in their
// order; argument ?1 is the account. Outbox rows are selected in the form that they have without a
// session.
std::string select_carried(const CarriedTable& table, bool checked);
std::string select_kept(const CarriedTable& table);
// The number of these rows, roughly.
base::Result<std::int64_t> count_carried(Connection& db, const CarriedTable& table,
                                         base::AccountId account);

}  // namespace store::backup
