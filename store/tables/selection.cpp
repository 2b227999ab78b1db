#include "store/tables/selection.h"

namespace store {

base::Result<std::optional<base::AccountId>> find_selection(Connection& db) {
  return db.one<base::AccountId>(
      "SELECT account_id FROM checked_selection WHERE one = 1 AND intact",
      [](const Row& row) { return row.id<base::AccountId>(0); });
}

base::Result<> select_account(Connection& db, std::optional<base::AccountId> account) {
  if (!account) {
    EDGE_CHECK(db.run("DELETE FROM selection"));
    return {};
  }
  EDGE_CHECK(db.run("INSERT OR REPLACE INTO selection(one, account_id) VALUES(1, ?)", *account));
  return {};
}

}  // namespace store
