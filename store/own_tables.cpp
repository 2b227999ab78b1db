#include "store/own_tables.h"

#include "store/first_rows.h"

namespace store {

base::Result<bool> is_empty(Connection& db) {
  EDGE_TRY(const auto tables, db.integer("SELECT count(*) FROM sqlite_schema"));
  return tables.value_or(0) == 0;
}

std::string own_tables_sql() {
  constexpr std::string_view kTables = R"sql(
    CREATE TABLE store_meta(
      name TEXT PRIMARY KEY,
      value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE store_key(
      slot INTEGER PRIMARY KEY AUTOINCREMENT,
      wrapped BLOB NOT NULL,
      made_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE counter(
      account_id INTEGER NOT NULL,
      name TEXT NOT NULL,
      value INTEGER NOT NULL,
      PRIMARY KEY(account_id, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE event(
      id INTEGER PRIMARY KEY,
      account_id INTEGER NOT NULL,
      at_ms INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      body BLOB NOT NULL
    ) STRICT;
  )sql";
  return std::string(kTables) + first_rows_sql();
}

}  // namespace store
