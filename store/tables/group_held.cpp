#include "store/tables/group_held.h"

#include "base/log.h"

namespace store {

base::Result<> hold_content(const Scope& scope, const Uuid& group, const HeldContent& held,
                            base::UnixMillis at, const ShareBounds& bounds) {
  EDGE_CHECK(
      scope.db.run("INSERT INTO group_held(account_id, id, uuid, contact_id, at, sealed)"
                   " VALUES(?, ?, ?, ?, ?, ?)",
                   scope.account, held.id, base::ByteView(group), held.contact, at,
                   scope.seal("group_held", held.id, held.content)));
  std::vector<ShareRow> rows;
  EDGE_CHECK(scope.db.each(
      "SELECT id, contact_id, length(sealed) FROM group_held WHERE account_id = ? ORDER BY id",
      [&](const Row& row) {
        rows.push_back({row.integer(0), row.integer(1), static_cast<std::size_t>(row.integer(2))});
      },
      scope.account));
  for (const std::int64_t id : surplus(rows, bounds)) EDGE_CHECK(release_content(scope, id));
  return {};
}

base::Result<bool> holds_content(const Scope& scope, const Uuid& group, base::ContactId contact) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM group_held WHERE account_id = ? AND uuid = ?"
                            " AND contact_id = ? LIMIT 1",
                            scope.account, base::ByteView(group), contact));
  return found.has_value();
}

base::Result<bool> holds_any_content(const Scope& scope, const Uuid& group) {
  EDGE_TRY(const std::int64_t last, last_held_content(scope, group));
  return last > 0;
}

base::Result<std::int64_t> last_held_content(const Scope& scope, const Uuid& group) {
  EDGE_TRY(const auto last,
           scope.db.integer("SELECT max(id) FROM group_held WHERE account_id = ? AND uuid = ?",
                            scope.account, base::ByteView(group)));
  return last.value_or(0);
}

base::Result<std::vector<HeldContent>> held_contents(const Scope& scope, const Uuid& group,
                                                     std::int64_t after, std::int64_t until,
                                                     std::size_t most) {
  std::vector<HeldContent> found;
  EDGE_CHECK(scope.db.each(
      "SELECT id, contact_id, sealed, intact FROM checked_group_held WHERE account_id = ? AND"
      " uuid = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?",
      [&](const Row& row) {
        HeldContent held{row.integer(0), row.id<base::ContactId>(1), {}};
        auto plain = scope.open("group_held", held.id, row.blob(2));
        if (plain && row.boolean(3)) {
          held.content = *std::move(plain);
        } else {
          base::log::error("a content that was held for a group of account {} does not open",
                           scope.account.value);
        }
        found.push_back(std::move(held));
      },
      scope.account, base::ByteView(group), after, until, static_cast<std::int64_t>(most)));
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
