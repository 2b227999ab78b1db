#include "store/tables/mail_halves.h"

#include "store/tables/intact.h"

namespace store {

base::Result<> put_mail_half(const Scope& scope, const MailHalfRow& row) {
  EDGE_CHECK(scope.db.run(
      "INSERT OR REPLACE INTO mail_half(account_id, contact_id, uuid, has_file, transport,"
      " uid_validity, uid, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      scope.account, row.contact, base::ByteView(row.uuid), row.has_file, row.transport,
      row.uid_validity, row.uid, row.at));
  return {};
}

base::Result<std::optional<MailHalfRow>> find_mail_half(const Scope& scope, base::ContactId contact,
                                                        const Uuid& uuid) {
  return scope.db.one<MailHalfRow>(
      "SELECT has_file, transport, uid_validity, uid, at, intact FROM checked_mail_half"
      " WHERE account_id = ?1 AND contact_id = ?2 AND uuid = ?3",
      [&](const Row& row) -> base::Result<MailHalfRow> {
        EDGE_CHECK(check_intact(row, 5));
        return MailHalfRow{contact,
                           uuid,
                           row.boolean(0),
                           row.integer(1),
                           static_cast<std::uint32_t>(row.integer(2)),
                           static_cast<std::uint32_t>(row.integer(3)),
                           row.integer(4)};
      },
      scope.account, contact, base::ByteView(uuid));
}

base::Result<> delete_mail_half(const Scope& scope, base::ContactId contact, const Uuid& uuid) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM mail_half WHERE account_id = ?1 AND contact_id = ?2 AND uuid = ?3",
                   scope.account, contact, base::ByteView(uuid)));
  return {};
}

base::Result<std::vector<MailHalfRow>> late_mail_halves(const Scope& scope, base::UnixMillis before,
                                                        std::size_t most) {
  std::vector<MailHalfRow> rows;
  EDGE_CHECK(scope.db.each(
      "SELECT contact_id, uuid, at FROM checked_mail_half h"
      " WHERE account_id = ?1 AND has_file = 0 AND at < ?2 AND intact"
      " AND NOT EXISTS(SELECT 1 FROM mail_left l"
      "  WHERE l.account_id = h.account_id AND l.uuid = h.uuid) LIMIT ?3",
      [&](const Row& row) {
        const auto uuid = row.array<16>(1);
        if (!uuid) return;
        MailHalfRow half;
        half.contact = row.id<base::ContactId>(0);
        half.uuid = *uuid;
        half.at = row.integer(2);
        rows.push_back(half);
      },
      scope.account, before, most));
  return rows;
}

base::Result<> forget_mail_halves(const Scope& scope, base::UnixMillis before) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM mail_half WHERE account_id = ?1 AND at < ?2"
                   " AND NOT EXISTS(SELECT 1 FROM mail_notice n"
                   "  WHERE n.account_id = mail_half.account_id AND n.uuid = mail_half.uuid"
                   "  AND n.contact_id = mail_half.contact_id)",
                   scope.account, before));
  return {};
}

}  // namespace store
