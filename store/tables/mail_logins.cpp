#include "store/tables/mail_logins.h"

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kMostAddr = 1'024;
constexpr std::size_t kMostLogin = 32 * 1024;

base::Bytes sealed_part(const Scope& scope, const MailLoginRow& row) {
  base::WireWriter out;
  out.u8(kForm).text(row.addr).bytes(row.login);
  base::Bytes plain = out.take();
  base::Bytes sealed = scope.seal("mail_login", row.id, plain);
  crypto::wipe(plain);
  return sealed;
}

base::Result<MailLoginRow> read_row(const Scope& scope, const Row& columns) {
  EDGE_CHECK(check_intact(columns, 6));
  MailLoginRow row;
  row.id = columns.integer(0);
  row.primary = columns.boolean(1);
  row.added_at = columns.integer(2);
  row.cursor.uid_validity = static_cast<std::uint32_t>(columns.integer(3));
  row.cursor.next_uid = static_cast<std::uint32_t>(columns.integer(4));
  EDGE_TRY(const auto plain, scope.open("mail_login", row.id, columns.blob(5)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  row.addr = in.text(kMostAddr);
  const base::ByteView login = in.bytes(kMostLogin);
  row.login.assign(login.begin(), login.end());
  if (!in.done()) return base::fail(base::Errc::corrupt, "a mail login has another form");
  return row;
}

}  // namespace

base::Result<> insert_mail_login(const Scope& scope, const MailLoginRow& row) {
  EDGE_CHECK(
      scope.db.run("INSERT INTO mail_login(account_id, id, is_primary, added_at, uid_validity,"
                   " next_uid, sealed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                   scope.account, row.id, row.primary, row.added_at, row.cursor.uid_validity,
                   row.cursor.next_uid, sealed_part(scope, row)));
  return {};
}

base::Result<> update_mail_login(const Scope& scope, const MailLoginRow& row) {
  EDGE_CHECK(
      scope.db.run("UPDATE mail_login SET added_at = ?3, sealed = ?4"
                   " WHERE account_id = ?1 AND id = ?2",
                   scope.account, row.id, row.added_at, sealed_part(scope, row)));
  return {};
}

base::Result<> delete_mail_login(const Scope& scope, std::int64_t id) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM mail_login WHERE account_id = ?1 AND id = ?2", scope.account, id));
  return {};
}

base::Result<std::vector<MailLoginRow>> list_mail_logins(const Scope& scope) {
  std::vector<MailLoginRow> rows;
  EDGE_CHECK(scope.db.each(
      "SELECT id, is_primary, added_at, uid_validity, next_uid, sealed, intact"
      " FROM checked_mail_login WHERE account_id = ?1 ORDER BY id",
      [&](const Row& columns) -> base::Result<> {
        EDGE_TRY(rows.emplace_back(), read_row(scope, columns));
        return {};
      },
      scope.account));
  return rows;
}

base::Result<> set_primary_mail_login(const Scope& scope, std::int64_t id) {
  EDGE_CHECK(scope.db.run("UPDATE mail_login SET is_primary = id = ?2 WHERE account_id = ?1",
                          scope.account, id));
  return {};
}

base::Result<> set_mail_cursor(const Scope& scope, std::int64_t id, std::uint32_t uid_validity,
                               std::uint32_t next_uid) {
  EDGE_CHECK(
      scope.db.run("UPDATE mail_login SET uid_validity = ?3, next_uid = ?4"
                   " WHERE account_id = ?1 AND id = ?2",
                   scope.account, id, uid_validity, next_uid));
  return {};
}

}  // namespace store
