#include "store/tables/gone_groups.h"

namespace store {

base::Result<> note_gone_group(const Scope& scope, const Uuid& group, std::int64_t number) {
  EDGE_CHECK(
      scope.db.run("INSERT OR REPLACE INTO gone_group(account_id, uuid, number) VALUES(?1, ?2, ?3)",
                   scope.account, base::ByteView(group), number));
  return {};
}

base::Result<std::optional<std::int64_t>> find_gone_group(const Scope& scope, const Uuid& group) {
  return scope.db.integer(
      "SELECT number FROM checked_gone_group WHERE account_id = ?1 AND uuid = ?2"
      " AND intact",
      scope.account, base::ByteView(group));
}

base::Result<> forget_gone_group(const Scope& scope, const Uuid& group) {
  EDGE_CHECK(scope.db.run("DELETE FROM gone_group WHERE account_id = ?1 AND uuid = ?2",
                          scope.account, base::ByteView(group)));
  return {};
}

}  // namespace store
