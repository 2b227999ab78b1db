// Copying one table out of a damaged database. Within store/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/connection.h"
#include "store/repair.h"

namespace store {

// The columns that order a table: its rowid, or the primary key of a table without one.
struct TableKey {
  std::vector<std::string> columns;  // quoted
  std::string list(std::string_view after_each) const;
  std::string list(std::size_t first, std::string_view after_each = {}) const;
};

base::Result<TableKey> key_of(Connection& db, std::string_view table);

// Copies the rows of `table` into the table of the same name, in a transaction that is running.
// Fails only when the target cannot be written.
base::Result<TableReport> salvage_table(Connection& from, Connection& to, const std::string& table);

}  // namespace store
