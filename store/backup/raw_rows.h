// Rows as they are stored, in the form of a backup's records: a table with its columns, then
// values.
//
//   table = text name | u16 columns, text each
//   row   = of each column: u8 type (0 NULL, 1 integer, 2 text, 3 blob) | i64, or bytes
//
// Within store/.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/function.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "store/backup/carried_tables.h"
#include "store/connection.h"

namespace store::backup {

base::Bytes write_table(const CarriedTable& table);
// A table that `known` has, with columns of it (each once). Errc::corrupt otherwise. `order` is not
// set.
base::Result<CarriedTable> read_table(base::ByteView payload,
                                      const std::vector<CarriedTable>& known);

// Calls `each` with every row of the statement (argument ?1 is the account), as bytes that are
// valid during the call.
using EachRow = base::UniqueFunction<base::Result<>(base::ByteView row)>;
base::Result<> read_rows(Connection& db, const std::string& sql, base::AccountId account,
                         EachRow each);

// Inserts rows of one table for one account. Holds a prepared statement until its end.
class RowInserter {
 public:
  static base::Result<RowInserter> prepare(Connection& db, const CarriedTable& table,
                                           base::AccountId account);
  RowInserter(RowInserter&& other) noexcept;
  RowInserter& operator=(RowInserter&&) = delete;
  ~RowInserter();
  // Errc::corrupt for data that is no row of the table, or that the table's keys do not allow.
  base::Result<> insert(base::ByteView row);

 private:
  RowInserter(Connection& db, sqlite3_stmt* statement, CarriedTable table, base::AccountId account);
  Connection* db_;
  sqlite3_stmt* statement_;
  CarriedTable table_;
  base::AccountId account_;
};

}  // namespace store::backup
