#include "store/counter.h"

namespace store {

base::Result<std::int64_t> next_number(Connection& db, base::AccountId account,
                                       std::string_view name, std::int64_t first) {
  EDGE_TRY(const auto value, db.integer("INSERT INTO counter(account_id,name,value) VALUES(?,?,?) "
                                        "ON CONFLICT DO UPDATE SET value=value+1 RETURNING value",
                                        account, name, first));
  if (!value) return base::fail(base::Errc::internal, "a counter gave no number");
  return *value;
}

base::Result<> prepare_counter(Connection& db, base::AccountId account, std::string_view name,
                               std::int64_t last) {
  EDGE_CHECK(
      db.run("INSERT INTO counter(account_id,name,value) VALUES(?,?,?) ON CONFLICT DO NOTHING",
             account, name, last));
  return {};
}

base::Result<std::int64_t> read_counter(Connection& db, base::AccountId account,
                                        std::string_view name) {
  EDGE_TRY(const auto value,
           db.integer("SELECT value FROM counter WHERE account_id=? AND name=?", account, name));
  return value.value_or(0);
}

}  // namespace store
