#include "store/tables/mail_left.h"

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kNoticeForm = 1;
constexpr std::size_t kMaxNoticeName = 4096;

// The seal is bound to half of the uuid, the MAC to all of it.
std::int64_t notice_seal_id(const Uuid& uuid) {
  base::WireReader in{base::ByteView(uuid)};
  return static_cast<std::int64_t>(in.u64() >> 1);
}

#define MAIL_LEFT_COLUMNS \
  "SELECT uuid, transport, uid_validity, uid, size, wanted, at FROM checked_mail_left "

base::Result<MailLeftRow> read_left(const Row& row) {
  MailLeftRow left;
  EDGE_TRY(left.uuid, row.array<16>(0));
  left.transport = row.integer(1);
  left.uid_validity = static_cast<std::uint32_t>(row.integer(2));
  left.uid = static_cast<std::uint32_t>(row.integer(3));
  left.size = static_cast<std::uint64_t>(row.integer(4));
  left.wanted = row.boolean(5);
  left.at = row.integer(6);
  return left;
}

}  // namespace

base::Result<> put_mail_left(const Scope& scope, const MailLeftRow& row) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM mail_left WHERE account_id = ?1 AND transport = ?2"
                   " AND uid_validity <> ?3",
                   scope.account, row.transport, row.uid_validity));
  EDGE_CHECK(
      scope.db.run("INSERT OR IGNORE INTO mail_left(account_id, uuid, transport,"
                   " uid_validity, uid, size, wanted, at)"
                   " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                   scope.account, base::ByteView(row.uuid), row.transport, row.uid_validity,
                   row.uid, static_cast<std::int64_t>(row.size), row.wanted, row.at));
  EDGE_TRY(const auto count,
           scope.db.integer("SELECT count(*) FROM mail_left WHERE account_id = ?1", scope.account));
  if (count.value_or(0) <= kMostMailsLeft) return {};
  EDGE_CHECK(scope.db.run(
      "DELETE FROM mail_left WHERE account_id = ?1 AND (uuid, transport, uid) IN"
      " (SELECT uuid, transport, uid FROM mail_left WHERE account_id = ?1 ORDER BY at LIMIT ?2)",
      scope.account, *count - kMostMailsLeft));
  return {};
}

base::Result<std::vector<MailLeftRow>> mails_left(const Scope& scope, const Uuid& uuid) {
  std::vector<MailLeftRow> rows;
  EDGE_CHECK(scope.db.each(
      MAIL_LEFT_COLUMNS "WHERE account_id = ?1 AND uuid = ?2 AND intact",
      [&](const Row& row) {
        if (auto left = read_left(row)) rows.push_back(*left);
      },
      scope.account, base::ByteView(uuid)));
  return rows;
}

base::Result<std::vector<MailLeftRow>> wanted_mails(const Scope& scope, std::size_t most) {
  std::vector<MailLeftRow> rows;
  EDGE_CHECK(scope.db.each(
      MAIL_LEFT_COLUMNS "WHERE account_id = ?1 AND wanted = 1 AND intact ORDER BY at LIMIT ?2",
      [&](const Row& row) {
        if (auto left = read_left(row)) rows.push_back(*left);
      },
      scope.account, most));
  return rows;
}

base::Result<> want_mail_left(const Scope& scope, const Uuid& uuid, bool wanted) {
  EDGE_CHECK(scope.db.run("UPDATE mail_left SET wanted = ?3 WHERE account_id = ?1 AND uuid = ?2",
                          scope.account, base::ByteView(uuid), wanted));
  return {};
}

base::Result<> delete_mail_left(const Scope& scope, const MailLeftRow& place) {
  EDGE_CHECK(scope.db.run(
      "DELETE FROM mail_left WHERE account_id = ?1 AND uuid = ?2"
      " AND transport = ?3 AND uid_validity = ?4 AND uid = ?5",
      scope.account, base::ByteView(place.uuid), place.transport, place.uid_validity, place.uid));
  return {};
}

base::Result<> delete_mails_left(const Scope& scope, const Uuid& uuid) {
  EDGE_CHECK(scope.db.run("DELETE FROM mail_left WHERE account_id = ?1 AND uuid = ?2",
                          scope.account, base::ByteView(uuid)));
  return {};
}

base::Result<> delete_mails_left_at(const Scope& scope, std::int64_t transport) {
  EDGE_CHECK(scope.db.run("DELETE FROM mail_left WHERE account_id = ?1 AND transport = ?2",
                          scope.account, transport));
  return {};
}

base::Result<> forget_mails_left(const Scope& scope, base::UnixMillis before) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM mail_left WHERE account_id = ?1 AND at < ?2"
                   " AND NOT EXISTS(SELECT 1 FROM mail_notice n"
                   "  WHERE n.account_id = mail_left.account_id AND n.uuid = mail_left.uuid)",
                   scope.account, before));
  return {};
}

base::Result<> put_mail_notice(const Scope& scope, const MailNoticeRow& row) {
  base::WireWriter out;
  out.u8(kNoticeForm).text(row.name).u8(static_cast<std::uint8_t>(row.type)).u64(row.size);
  out.u32(row.width).u32(row.height).boolean(row.wanted);
  EDGE_CHECK(
      scope.db.run("INSERT OR REPLACE INTO mail_notice(account_id, uuid, contact_id, sealed)"
                   " VALUES(?1, ?2, ?3, ?4)",
                   scope.account, base::ByteView(row.uuid), row.contact,
                   scope.seal("mail_notice", notice_seal_id(row.uuid), out.view())));
  return {};
}

base::Result<std::optional<MailNoticeRow>> find_mail_notice(const Scope& scope,
                                                            base::ContactId contact,
                                                            const Uuid& uuid) {
  return scope.db.one<MailNoticeRow>(
      "SELECT sealed, intact FROM checked_mail_notice WHERE account_id = ?1 AND uuid = ?2"
      " AND contact_id = ?3",
      [&](const Row& row) -> base::Result<MailNoticeRow> {
        EDGE_CHECK(check_intact(row, 1));
        EDGE_TRY(const auto plain, scope.open("mail_notice", notice_seal_id(uuid), row.blob(0)));
        base::WireReader in(plain);
        if (in.u8() != kNoticeForm) in.refuse();
        MailNoticeRow notice;
        notice.contact = contact;
        notice.uuid = uuid;
        notice.name = in.text(kMaxNoticeName);
        notice.type = static_cast<Viewtype>(in.u8());
        notice.size = in.u64();
        notice.width = in.u32();
        notice.height = in.u32();
        notice.wanted = in.boolean();
        if (!in.done()) return base::fail(base::Errc::corrupt, "a notice has another form");
        return notice;
      },
      scope.account, base::ByteView(uuid), contact);
}

base::Result<std::vector<base::ContactId>> contacts_with_notice(const Scope& scope,
                                                                const Uuid& uuid) {
  std::vector<base::ContactId> contacts;
  EDGE_CHECK(scope.db.each(
      "SELECT contact_id FROM checked_mail_notice WHERE account_id = ?1 AND uuid = ?2 AND intact",
      [&](const Row& row) { contacts.push_back(row.id<base::ContactId>(0)); }, scope.account,
      base::ByteView(uuid)));
  return contacts;
}

base::Result<> delete_mail_notice(const Scope& scope, base::ContactId contact, const Uuid& uuid) {
  EDGE_CHECK(
      scope.db.run("DELETE FROM mail_notice WHERE account_id = ?1 AND uuid = ?2"
                   " AND contact_id = ?3",
                   scope.account, base::ByteView(uuid), contact));
  return {};
}

}  // namespace store
