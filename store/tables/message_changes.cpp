#include "store/tables/message_changes.h"

#include "base/wire.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kMaxChangeText = 1024 * 1024;

#define CHANGE_COLUMNS                                                   \
  "SELECT author_id, uuid, contact_id, kind, number, waits, sealed FROM" \
  " checked_message_change WHERE account_id = ?1 AND author_id = ?2 AND uuid = ?3 AND intact "

// The row has no number of its own: the seal is bound to the change's, the MAC binds the rest.
base::Result<MessageChangeRow> read_change(const Scope& scope, const Row& columns) {
  MessageChangeRow row;
  row.author = columns.id<base::ContactId>(0);
  EDGE_TRY(row.uuid, columns.array<16>(1));
  row.contact = columns.id<base::ContactId>(2);
  row.kind = columns.enumerator<ChangeKind>(3);
  row.number = columns.integer(4);
  row.waits = columns.boolean(5);
  EDGE_TRY(const auto plain, scope.open("message_change", row.number, columns.blob(6)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  row.text = in.text(kMaxChangeText);
  if (!in.done()) return base::fail(base::Errc::corrupt, "a message's change has another form");
  return row;
}

base::Result<> evict_waiting(const Scope& scope, base::ContactId contact) {
  EDGE_CHECK(scope.db.run(
      "DELETE FROM message_change WHERE account_id = ?1 AND contact_id = ?2 AND waits = 1"
      " AND (author_id, uuid, kind) IN (SELECT author_id, uuid, kind FROM message_change"
      "  WHERE account_id = ?1 AND contact_id = ?2 AND waits = 1"
      "  ORDER BY number DESC, uuid, author_id, kind LIMIT -1 OFFSET ?3)",
      scope.account, contact, kMaxWaitingChanges));
  EDGE_CHECK(scope.db.run(
      "DELETE FROM message_change WHERE account_id = ?1 AND contact_id = ?2 AND waits = 1"
      " AND (author_id, uuid, kind) IN (SELECT author_id, uuid, kind FROM (SELECT author_id, uuid,"
      "  kind, SUM(LENGTH(sealed)) OVER (ORDER BY number DESC, uuid, author_id, kind) AS bytes"
      "  FROM message_change WHERE account_id = ?1 AND contact_id = ?2 AND waits = 1)"
      "  WHERE bytes > ?3)",
      scope.account, contact, kMaxWaitingBytes));
  return {};
}

}  // namespace

base::Result<bool> put_message_change(const Scope& scope, const MessageChangeRow& row) {
  EDGE_TRY(const auto before,
           find_message_change(scope, row.author, row.uuid, row.contact, row.kind));
  if (before && before->number >= row.number) return false;
  base::WireWriter out;
  out.u8(kForm).text(row.text);
  EDGE_CHECK(scope.db.run(
      "INSERT OR REPLACE INTO message_change(account_id, author_id, uuid, contact_id, kind, number,"
      " waits, sealed) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
      scope.account, row.author, base::ByteView(row.uuid), row.contact, row.kind, row.number,
      row.waits, scope.seal("message_change", row.number, out.view())));
  if (row.waits) EDGE_CHECK(evict_waiting(scope, row.contact));
  return true;
}

base::Result<std::optional<MessageChangeRow>> find_message_change(const Scope& scope,
                                                                  base::ContactId author,
                                                                  const Uuid& uuid,
                                                                  base::ContactId contact,
                                                                  ChangeKind kind) {
  return scope.db.one<MessageChangeRow>(
      CHANGE_COLUMNS "AND contact_id = ?4 AND kind = ?5",
      [&](const Row& row) { return read_change(scope, row); }, scope.account, author,
      base::ByteView(uuid), contact, kind);
}

base::Result<bool> has_message_changes(const Scope& scope) {
  EDGE_TRY(
      const auto found,
      scope.db.integer("SELECT 1 FROM message_change WHERE account_id = ? LIMIT 1", scope.account));
  return found.has_value();
}

base::Result<std::vector<MessageChangeRow>> list_message_changes(const Scope& scope,
                                                                 base::ContactId author,
                                                                 const Uuid& uuid,
                                                                 ChangeKind kind) {
  std::vector<MessageChangeRow> found;
  EDGE_CHECK(scope.db.each(
      CHANGE_COLUMNS "AND kind = ?4 ORDER BY contact_id",
      [&](const Row& row) {
        auto change = read_change(scope, row);
        if (change) found.push_back(*std::move(change));  // a damaged row is skipped
      },
      scope.account, author, base::ByteView(uuid), kind));
  return found;
}

base::Result<> settle_message_changes(const Scope& scope, base::ContactId author,
                                      const Uuid& uuid) {
  EDGE_CHECK(scope.db.run(
      "UPDATE message_change SET waits = 0 WHERE account_id = ?1 AND author_id = ?2 AND uuid = ?3"
      " AND waits = 1",
      scope.account, author, base::ByteView(uuid)));
  return {};
}

base::Result<> delete_message_change(const Scope& scope, const MessageChangeRow& row) {
  EDGE_CHECK(scope.db.run(
      "DELETE FROM message_change WHERE account_id = ?1 AND author_id = ?2 AND uuid = ?3"
      " AND contact_id = ?4 AND kind = ?5",
      scope.account, row.author, base::ByteView(row.uuid), row.contact, row.kind));
  return {};
}

base::Result<> delete_message_changes(const Scope& scope, base::ContactId author,
                                      const Uuid& uuid) {
  EDGE_CHECK(scope.db.run(
      "DELETE FROM message_change WHERE account_id = ?1 AND author_id = ?2 AND uuid = ?3",
      scope.account, author, base::ByteView(uuid)));
  return {};
}

}  // namespace store
