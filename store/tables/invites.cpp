#include "store/tables/invites.h"

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::string_view kColumns = "id, chat_id, withdrawn, created_at, sealed, intact";

auto reader(const Scope& scope) {
  return [&scope](const Row& row) -> base::Result<InviteRow> {
    EDGE_CHECK(check_intact(row, 5));
    InviteRow invite;
    invite.id = row.integer(0);
    if (!row.is_null(1)) invite.chat = row.id<base::ChatId>(1);
    invite.withdrawn = row.integer(2) != 0;
    invite.created_at = row.integer(3);
    EDGE_TRY(const auto plain, scope.open("invite", invite.id, row.blob(4)));
    base::WireReader in(plain);
    if (in.u8() != kForm) in.refuse();
    invite.number = in.text(128);
    const base::ByteView secret = in.fixed(32);
    if (secret.size() == 32) invite.secret = crypto::WipingArray<32>(secret.first<32>());
    invite.token = in.array<32>();
    if (!in.done()) return base::fail(base::Errc::corrupt, "a stored invite is damaged");
    return invite;
  };
}

std::string select(std::string_view where) {
  return "SELECT " + std::string(kColumns) + " FROM checked_invite WHERE account_id = ?1 AND " +
         std::string(where);
}

}  // namespace

base::Result<> insert_invite(const Scope& scope, const InviteRow& row) {
  base::WireWriter plain;
  plain.u8(kForm).text(row.number).fixed(row.secret.view()).fixed(row.token);
  const base::Bytes sealed = scope.seal("invite", row.id, plain.view());
  base::Bytes secret_copy = plain.take();
  crypto::wipe(secret_copy);
  EDGE_CHECK(scope.db.run(
      "INSERT INTO invite(account_id, id, chat_id, number_hash, withdrawn, created_at, sealed)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      scope.account, row.id, row.chat, scope.lookup("invite", base::as_bytes(row.number)),
      row.withdrawn, row.created_at, sealed));
  return {};
}

base::Result<> set_invite_withdrawn(const Scope& scope, std::int64_t id, bool withdrawn) {
  EDGE_CHECK(scope.db.run("UPDATE invite SET withdrawn = ?3 WHERE account_id = ?1 AND id = ?2",
                          scope.account, id, withdrawn));
  return {};
}

base::Result<std::optional<InviteRow>> find_invite(const Scope& scope, std::int64_t id) {
  static const std::string kSql = select("id = ?2");
  return scope.db.one<InviteRow>(kSql, reader(scope), scope.account, id);
}

base::Result<std::optional<InviteRow>> find_invite_by_number(const Scope& scope,
                                                             const std::string& number) {
  static const std::string kSql = select("number_hash = ?2");
  return scope.db.one<InviteRow>(kSql, reader(scope), scope.account,
                                 scope.lookup("invite", base::as_bytes(number)));
}

base::Result<std::optional<InviteRow>> live_invite(const Scope& scope,
                                                   std::optional<base::ChatId> chat) {
  static const std::string kSql =
      select("chat_id IS ?2 AND withdrawn = 0 AND intact ORDER BY id DESC LIMIT 1");
  return scope.db.one<InviteRow>(kSql, reader(scope), scope.account, chat);
}

base::Result<std::vector<InviteRow>> live_invites(const Scope& scope) {
  static const std::string kSql = select("withdrawn = 0 AND intact ORDER BY id");
  std::vector<InviteRow> invites;
  const auto read = reader(scope);
  EDGE_CHECK(scope.db.each(
      kSql,
      [&](const Row& row) -> base::Result<> {
        EDGE_TRY(invites.emplace_back(), read(row));
        return {};
      },
      scope.account));
  return invites;
}

base::Result<> delete_invites(const Scope& scope) {
  EDGE_CHECK(scope.db.run("DELETE FROM invite WHERE account_id = ?", scope.account));
  return {};
}

}  // namespace store
