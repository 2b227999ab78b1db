// Repair: copies the readable rows of a damaged database into a new file (decision 20).
//
// Every table is copied row by row; around a broken page, the rows before and behind it are still
// found by their keys. Indexes are built anew, so a broken index loses nothing. Seals are not
// checked: a row with damaged content is found when it is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/connection.h"

namespace store {

struct TableReport {
  std::string table;
  std::uint64_t saved = 0;
  std::uint64_t broken_stretches = 0;      // runs of rows that could not be read
  std::optional<std::uint64_t> lost = {};  // rows, where an intact index has their number
};

struct RepairReport {
  std::vector<TableReport> tables;
  bool lossless() const;
};

// Copies what can be read of `from` to `to`, which must not exist. `from` is not changed.
base::Result<RepairReport> salvage(const std::string& from, const std::string& to);

// The same for a closed store: DIR/store.db is salvaged and replaced; the damaged files stay beside
// it as store.db.damaged-<unix seconds>. Takes the directory's lock. A report of lost commits is
// settled by it and moves aside too.
base::Result<RepairReport> repair(const std::string& dir, std::int64_t unix_seconds);

// The cheap check after each start (StartCheck): can the schema be read, and the first and the last
// row of each table. Errc::corrupt naming the table.
base::Result<> quick_check(Connection& db);

}  // namespace store
