#include "store/tables/deposit_tokens.h"

#include "base/wire.h"
#include "store/sql_literal.h"
#include "store/tables/intact.h"
#include "store/tables/sessions.h"

namespace store {
namespace {

// The primary key is not an integer; its first bytes bind the seal to the row.
std::int64_t seal_id(const std::array<std::uint8_t, 16>& key_id) {
  base::WireReader in{base::ByteView(key_id)};
  return static_cast<std::int64_t>(in.u64() >> 1);
}

}  // namespace

base::Result<> insert_deposit_token(const Scope& scope, const DepositTokenRow& row) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO deposit_token(key_id, account_id, purpose, owner_id, created_at, sealed,"
      " contact_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      base::ByteView(row.key_id), scope.account, row.purpose, row.owner_id, row.created_at,
      scope.seal("deposit_token", seal_id(row.key_id), base::ByteView(row.token)), row.contact));
  return {};
}

base::Result<> delete_deposit_token(const Scope& scope,
                                    const std::array<std::uint8_t, 16>& key_id) {
  EDGE_CHECK(scope.db.run("DELETE FROM deposit_token WHERE key_id = ?1 AND account_id = ?2",
                          base::ByteView(key_id), scope.account));
  return {};
}

base::Result<> delete_deposit_tokens(const Scope& scope, TokenPurpose purpose) {
  EDGE_CHECK(scope.db.run("DELETE FROM deposit_token WHERE account_id = ? AND purpose = ?",
                          scope.account, purpose));
  return {};
}

base::Result<> delete_deposit_tokens_of(const Scope& scope, TokenPurpose purpose,
                                        std::int64_t owner_id) {
  EDGE_CHECK(scope.db.run(
      "DELETE FROM deposit_token WHERE account_id = ?1 AND purpose = ?2 AND owner_id = ?3",
      scope.account, purpose, owner_id));
  return {};
}

base::Result<> use_deposit_token(const Scope& scope, const DepositTokenRow& row,
                                 base::ContactId contact) {
  EDGE_TRY(const auto under_way,
           scope.db.integer(
               "SELECT 1 FROM checked_pending_join WHERE account_id = ?1 AND contact_id = ?2"
               " AND intact",
               scope.account, contact));
  EDGE_TRY(
      const auto of_the_past,
      scope.db.integer("SELECT 1 FROM checked_session WHERE account_id = ?1 AND contact_id = ?2"
                       " AND join_id = ?3 AND state IN (?4, ?5) AND intact",
                       scope.account, contact, row.owner_id, SessionState::superseded,
                       SessionState::broken));
  EDGE_CHECK(
      scope.db.run("UPDATE deposit_token SET contact_id = ?3, used = ?4"
                   " WHERE key_id = ?1 AND account_id = ?2",
                   base::ByteView(row.key_id), scope.account, contact, !under_way));
  if (under_way || of_the_past) return {};
  EDGE_CHECK(scope.db.run(
      "UPDATE deposit_token SET purpose = ?4"
      " WHERE account_id = ?1 AND contact_id = ?2 AND purpose = ?5 AND owner_id < ?3"
      " AND NOT (owner_id IN (SELECT join_id FROM checked_session WHERE account_id = ?1"
      "               AND contact_id = ?2 AND state = ?6 AND intact)"
      "          AND (SELECT count(*) FROM checked_session WHERE account_id = ?1"
      "               AND contact_id = ?2 AND state = ?6 AND intact) > 1)",
      scope.account, contact, row.owner_id, TokenPurpose::retired, TokenPurpose::contact,
      SessionState::live));
  return {};
}

base::Result<> give_deposit_tokens(const Scope& scope, std::int64_t owner_id,
                                   base::ContactId contact) {
  EDGE_CHECK(
      scope.db.run("UPDATE deposit_token SET contact_id = ?3"
                   " WHERE account_id = ?1 AND purpose = ?4 AND owner_id = ?2",
                   scope.account, owner_id, contact, TokenPurpose::contact));
  return {};
}

base::Result<> delete_earlier_deposit_tokens(const Scope& scope, base::ContactId contact) {
  static const std::string kSql =
      "DELETE FROM deposit_token WHERE account_id = ?1 AND contact_id = ?2 AND purpose IN " +
      sql_list({TokenPurpose::contact, TokenPurpose::retired}) +
      " AND owner_id < (SELECT min(join_id) FROM checked_session WHERE account_id = ?1"
      "  AND contact_id = ?2 AND state = ?3 AND intact)"
      " AND owner_id NOT IN (SELECT id FROM checked_pending_join WHERE account_id = ?1"
      "  AND contact_id = ?2 AND intact)";
  EDGE_CHECK(scope.db.run(kSql, scope.account, contact, SessionState::live));
  return {};
}

base::Result<> delete_retired_tokens(const Scope& scope, base::UnixMillis before) {
  EDGE_CHECK(scope.db.run(
      "DELETE FROM deposit_token WHERE account_id = ?1 AND purpose = ?2 AND created_at < ?3",
      scope.account, TokenPurpose::retired, before));
  return {};
}

base::Result<std::optional<DepositTokenRow>> find_deposit_token_of(const Scope& scope,
                                                                   TokenPurpose purpose,
                                                                   std::int64_t owner_id) {
  EDGE_TRY(
      const auto key_id,
      scope.db.one<std::array<std::uint8_t, 16>>(
          "SELECT key_id FROM checked_deposit_token WHERE account_id = ?1 AND purpose = ?2 AND "
          "owner_id = ?3 AND intact"
          " ORDER BY created_at DESC, key_id LIMIT 1",
          [](const Row& row) { return row.array<16>(0); }, scope.account, purpose, owner_id));
  if (!key_id) return std::optional<DepositTokenRow>();
  return find_deposit_token(scope, *key_id);
}

base::Result<std::vector<DepositTokenRow>> list_deposit_tokens(const Scope& scope) {
  std::vector<DepositTokenRow> out;
  EDGE_CHECK(scope.db.each(
      "SELECT key_id FROM checked_deposit_token WHERE account_id = ?1 AND intact"
      " ORDER BY created_at, owner_id, key_id",
      [&](const Row& row) -> base::Result<> {
        EDGE_TRY(const auto key_id, row.array<16>(0));
        EDGE_TRY(auto token, find_deposit_token(scope, key_id));
        if (token) out.push_back(*token);
        return {};
      },
      scope.account));
  return out;
}

base::Result<std::optional<DepositTokenRow>> find_deposit_token(
    const Scope& scope, const std::array<std::uint8_t, 16>& key_id) {
  return scope.db.one<DepositTokenRow>(
      "SELECT purpose, owner_id, created_at, sealed, contact_id, used,"
      " ifnull((SELECT blocked OR NOT c.intact FROM checked_contact c WHERE c.account_id = ?2"
      "  AND c.id = t.contact_id), 0), t.intact FROM checked_deposit_token t"
      " WHERE key_id = ?1 AND account_id = ?2",
      [&](const Row& row) -> base::Result<DepositTokenRow> {
        EDGE_CHECK(check_intact(row, 7));
        DepositTokenRow token;
        token.key_id = key_id;
        token.purpose = row.enumerator<TokenPurpose>(0);
        token.owner_id = row.integer(1);
        token.created_at = row.integer(2);
        EDGE_TRY(const auto plain, scope.open("deposit_token", seal_id(key_id), row.blob(3)));
        base::WireReader in(plain);
        token.token = in.array<32>();
        token.contact = row.maybe_id<base::ContactId>(4);
        token.used = row.boolean(5);
        token.blocked = row.boolean(6);
        if (!in.done()) return base::fail(base::Errc::corrupt, "a deposit token is damaged");
        return token;
      },
      base::ByteView(key_id), scope.account);
}

}  // namespace store
