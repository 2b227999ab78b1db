#include "store/tables/group_held.h"

#include "base/log.h"

namespace store {

base::Result<> hold_content(const Scope& scope, const Uuid& group, const HeldContent& held,
                            base::UnixMillis at, std::int64_t limit) {
  EDGE_CHECK(
      scope.db.run("INSERT INTO group_held(account_id, id, uuid, contact_id, at, sealed)"
                   " VALUES(?, ?, ?, ?, ?, ?)",
                   scope.account, held.id, base::ByteView(group), held.contact, at,
                   scope.seal("group_held", held.id, held.content)));
  EDGE_CHECK(scope.db.run(
      "DELETE FROM group_held WHERE account_id = ?1 AND id IN (SELECT id FROM group_held"
      " WHERE account_id = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)",
      scope.account, limit));
  return {};
}

base::Result<bool> holds_content(const Scope& scope, const Uuid& group, base::ContactId contact) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM group_held WHERE account_id = ? AND uuid = ?"
                            " AND contact_id = ? LIMIT 1",
                            scope.account, base::ByteView(group), contact));
  return found.has_value();
}

base::Result<std::vector<HeldContent>> held_contents(const Scope& scope, const Uuid& group) {
  std::vector<HeldContent> found;
  EDGE_CHECK(scope.db.each(
      "SELECT id, contact_id, sealed FROM group_held WHERE account_id = ? AND uuid = ?"
      " ORDER BY id",
      [&](const Row& row) {
        auto plain = scope.open("group_held", row.integer(0), row.blob(2));
        if (!plain) {
          base::log::error("a content that was held for a group of account {} does not open",
                           scope.account.value);
          return;
        }
        found.push_back({row.integer(0), row.id<base::ContactId>(1), *std::move(plain)});
      },
      scope.account, base::ByteView(group)));
  return found;
}

base::Result<bool> release_content(const Scope& scope, std::int64_t id) {
  EDGE_TRY(const auto gone, scope.db.run("DELETE FROM group_held WHERE account_id = ? AND id = ?",
                                         scope.account, id));
  return gone > 0;
}

base::Result<> forget_held_contents(const Scope& scope, base::UnixMillis before) {
  EDGE_CHECK(scope.db.run("DELETE FROM group_held WHERE account_id = ? AND at < ?", scope.account,
                          before));
  return {};
}

}  // namespace store
