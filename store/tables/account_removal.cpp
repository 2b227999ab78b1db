#include "store/tables/account_removal.h"

#include <fmt/format.h>

#include "store/salvage_table.h"
#include "store/tables/account_keys.h"

namespace store {
namespace {

// Every table whose rows are an account's.
base::Result<std::vector<std::string>> tables_of_accounts(Connection& db) {
  std::vector<std::string> names;
  EDGE_CHECK(
      db.each("SELECT t.name FROM sqlite_schema AS t WHERE t.type = 'table' AND EXISTS ("
              "SELECT 1 FROM pragma_foreign_key_list(t.name)"
              " WHERE \"table\" = 'account' AND \"from\" = 'account_id')"
              " AND t.name <> 'selection'",
              [&](const Row& row) { names.emplace_back(row.text(0)); }));
  return names;
}

}  // namespace

base::Result<> begin_account_removal(Connection& db, base::AccountId account) {
  EDGE_CHECK(db.run("UPDATE account SET sealed = x'', io_on = 0 WHERE id = ?", account));
  return {};
}

base::Result<bool> delete_account_rows(Connection& db, base::AccountId account, std::int64_t rows) {
  EDGE_TRY(const auto tables, tables_of_accounts(db));
  for (const std::string& table : tables) {
    EDGE_TRY(const TableKey key, key_of(db, table));
    const std::string columns = key.list("");
    EDGE_TRY(const std::int64_t gone,
             db.run(fmt::format("DELETE FROM \"{0}\" WHERE ({1}) IN"
                                " (SELECT {1} FROM \"{0}\" WHERE account_id = ? LIMIT ?)",
                                table, columns),
                    account, rows));
    rows -= gone;
    if (rows <= 0) return true;
  }
  return false;
}

base::Result<bool> delete_account_portion(Connection& db, base::AccountId account,
                                          std::int64_t rows) {
  EDGE_TRY(const bool more, delete_account_rows(db, account, rows));
  if (more) return true;
  EDGE_CHECK(db.run("DELETE FROM account WHERE id = ?", account));
  EDGE_CHECK(delete_account_key(db, account));
  return false;
}

base::Result<std::vector<RemovedAccount>> list_removed_accounts(Connection& db) {
  std::vector<RemovedAccount> removed;
  EDGE_CHECK(db.each("SELECT id, uuid FROM checked_account WHERE length(sealed) = 0 AND intact",
                     [&](const Row& row) {
                       const auto uuid = row.array<16>(1);
                       if (uuid) removed.push_back({row.id<base::AccountId>(0), *uuid});
                     }));
  return removed;
}

}  // namespace store
