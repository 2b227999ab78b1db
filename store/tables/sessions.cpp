#include "store/tables/sessions.h"

#include "base/wire.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kMaxRatchet = 16 * 1024;
constexpr int kSpentSessionsKept = 8;  // of one contact

crypto::WipingBytes encode(const SessionRow& row) {
  base::WireWriter head;
  head.u8(kForm).fixed(row.peer_tag).fixed(row.peer_box);
  crypto::WipingBytes plain(head.view().begin(), head.view().end());
  plain.insert(plain.end(), row.ratchet.begin(), row.ratchet.end());
  return plain;
}

std::string select(std::string_view where) {
  return "SELECT id, contact_id, tag, handshake_hash, state, created_at, sealed, generation"
         " FROM checked_session WHERE account_id = ?1 AND intact AND " +
         std::string(where);
}

auto reader(const Scope& scope) {
  return [&scope](const Row& row) -> base::Result<SessionRow> {
    SessionRow session;
    session.id = row.integer(0);
    if (!row.is_null(1)) session.contact = row.id<base::ContactId>(1);
    base::WireReader tag(row.blob(2));
    session.tag = tag.array<16>();
    base::WireReader hash(row.blob(3));
    session.handshake_hash = hash.array<32>();
    session.state = row.enumerator<SessionState>(4);
    session.created_at = row.integer(5);
    session.generation = row.integer(7);
    EDGE_TRY(const auto plain, scope.open("session", session.id, row.blob(6)));
    base::WireReader in(plain);
    if (in.u8() != kForm) in.refuse();
    session.peer_tag = in.array<16>();
    session.peer_box = in.array<32>();
    const base::ByteView ratchet = in.rest();
    if (!in.ok() || !tag.done() || !hash.done() || ratchet.size() > kMaxRatchet) {
      return base::fail(base::Errc::corrupt, "a stored session is damaged");
    }
    session.ratchet.assign(ratchet.begin(), ratchet.end());
    return session;
  };
}

}  // namespace

base::Result<> insert_session(const Scope& scope, const SessionRow& row) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO session(account_id, id, contact_id, tag, handshake_hash, state, created_at,"
      " sealed, join_id, generation) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
      scope.account, row.id, row.contact, base::ByteView(row.tag),
      base::ByteView(row.handshake_hash), row.state, row.created_at,
      scope.seal("session", row.id, encode(row)), row.join_id, row.generation));
  return {};
}

base::Result<> update_session(const Scope& scope, const SessionRow& row) {
  EDGE_CHECK(scope.db.run(
      "UPDATE session SET contact_id = ?3, state = ?4, sealed = ?5"
      " WHERE account_id = ?1 AND id = ?2",
      scope.account, row.id, row.contact, row.state, scope.seal("session", row.id, encode(row))));
  return {};
}

base::Result<> delete_session(const Scope& scope, std::int64_t id) {
  EDGE_CHECK(scope.db.run("DELETE FROM skipped_key WHERE account_id = ?1 AND session_id = ?2",
                          scope.account, id));
  EDGE_CHECK(
      scope.db.run("DELETE FROM session WHERE account_id = ?1 AND id = ?2", scope.account, id));
  return {};
}

base::Result<> delete_all_sessions(const Scope& scope) {
  EDGE_CHECK(scope.db.run("DELETE FROM skipped_key WHERE account_id = ?", scope.account));
  EDGE_CHECK(scope.db.run("DELETE FROM session WHERE account_id = ?", scope.account));
  return {};
}

base::Result<std::optional<SessionRow>> find_session(const Scope& scope, std::int64_t id) {
  static const std::string kSql = select("id = ?2");
  return scope.db.one<SessionRow>(kSql, reader(scope), scope.account, id);
}

base::Result<std::optional<SessionRow>> find_session_by_tag(
    const Scope& scope, const std::array<std::uint8_t, 16>& tag) {
  static const std::string kSql = select("tag = ?2");
  return scope.db.one<SessionRow>(kSql, reader(scope), scope.account, base::ByteView(tag));
}

base::Result<std::optional<SessionRow>> sending_session(const Scope& scope,
                                                        base::ContactId contact) {
  static const std::string kSql =
      select("contact_id = ?2 AND state = ?3 ORDER BY handshake_hash LIMIT 1");
  return scope.db.one<SessionRow>(kSql, reader(scope), scope.account, contact, SessionState::live);
}

base::Result<std::int64_t> newest_generation(const Scope& scope, base::ContactId contact) {
  EDGE_TRY(const auto newest,
           scope.db.integer("SELECT max(generation) FROM checked_session WHERE account_id = ?1"
                            " AND contact_id = ?2 AND state <> ?3 AND intact",
                            scope.account, contact, SessionState::unproven));
  return newest.value_or(0);
}

base::Result<> supersede_sessions(const Scope& scope, base::ContactId contact) {
  EDGE_CHECK(
      scope.db.run("UPDATE session SET state = ?4"
                   " WHERE account_id = ?1 AND contact_id = ?2 AND state = ?3 AND generation <"
                   " (SELECT max(generation) FROM checked_session WHERE account_id = ?1"
                   "  AND contact_id = ?2 AND state = ?3 AND intact)",
                   scope.account, contact, SessionState::live, SessionState::superseded));
  std::vector<std::int64_t> spent;
  EDGE_CHECK(scope.db.each(
      "SELECT id FROM session WHERE account_id = ?1 AND contact_id = ?2 AND state IN (?4, ?5)"
      " ORDER BY id DESC LIMIT -1 OFFSET ?3",
      [&](const Row& row) { spent.push_back(row.integer(0)); }, scope.account, contact,
      kSpentSessionsKept, SessionState::superseded, SessionState::broken));
  for (const std::int64_t id : spent) EDGE_CHECK(delete_session(scope, id));
  return {};
}

base::Result<> set_session_broken(const Scope& scope, std::int64_t id) {
  EDGE_CHECK(scope.db.run(
      "UPDATE session SET state = ?3 WHERE account_id = ?1 AND id = ?2 AND state IN (?4, ?5)",
      scope.account, id, SessionState::broken, SessionState::live, SessionState::superseded));
  return {};
}

base::Result<bool> has_live_session(const Scope& scope) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM session WHERE account_id = ? AND state = ? LIMIT 1",
                            scope.account, SessionState::live));
  return found.has_value();
}

base::Result<std::vector<std::int64_t>> live_sessions(const Scope& scope, base::ContactId contact) {
  std::vector<std::int64_t> ids;
  EDGE_CHECK(scope.db.each(
      "SELECT id FROM checked_session WHERE account_id = ?1 AND contact_id = ?2 AND state = ?3"
      " AND intact",
      [&](const Row& row) { ids.push_back(row.integer(0)); }, scope.account, contact,
      SessionState::live));
  return ids;
}

base::Result<std::optional<crypto::MessageKey>> SkippedKeyTable::find(std::uint64_t epoch,
                                                                      std::uint32_t n) {
  return scope_.db.one<crypto::MessageKey>(
      "SELECT id, sealed FROM checked_skipped_key"
      " WHERE account_id = ?1 AND session_id = ?2 AND epoch = ?3 AND n = ?4 AND intact",
      [&](const Row& row) -> base::Result<crypto::MessageKey> {
        EDGE_TRY(const auto plain,
                 scope_.open("skipped_key", static_cast<std::int64_t>(n), row.blob(1)));
        if (plain.size() != 32) return base::fail(base::Errc::corrupt, "a stored key is damaged");
        return crypto::MessageKey(base::ByteView(plain).first<32>());
      },
      scope_.account, session_id_, static_cast<std::int64_t>(epoch), static_cast<std::int64_t>(n));
}

base::Result<> SkippedKeyTable::erase(std::uint64_t epoch, std::uint32_t n) {
  EDGE_CHECK(scope_.db.run(
      "DELETE FROM skipped_key WHERE account_id = ?1 AND session_id = ?2 AND epoch = ?3 AND n = ?4",
      scope_.account, session_id_, static_cast<std::int64_t>(epoch), static_cast<std::int64_t>(n)));
  return {};
}

base::Result<> SkippedKeyTable::put(std::span<const crypto::SkippedKey> keys) {
  for (const crypto::SkippedKey& key : keys) {
    EDGE_CHECK(scope_.db.run(
        "INSERT OR REPLACE INTO skipped_key(account_id, session_id, epoch, n, sealed, at)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        scope_.account, session_id_, static_cast<std::int64_t>(key.epoch),
        static_cast<std::int64_t>(key.n),
        scope_.seal("skipped_key", static_cast<std::int64_t>(key.n), key.key.view()), now_));
  }
  return {};
}

base::Result<> SkippedKeyTable::drop_epoch(std::uint64_t epoch) {
  EDGE_CHECK(scope_.db.run(
      "DELETE FROM skipped_key WHERE account_id = ?1 AND session_id = ?2 AND epoch = ?3",
      scope_.account, session_id_, static_cast<std::int64_t>(epoch)));
  return {};
}

base::Result<> SkippedKeyTable::keep_newest(std::size_t count) {
  EDGE_CHECK(scope_.db.run(
      "DELETE FROM skipped_key WHERE id IN (SELECT id FROM skipped_key"
      "  WHERE account_id = ?1 AND session_id = ?2 ORDER BY id DESC LIMIT -1 OFFSET ?3)",
      scope_.account, session_id_, static_cast<std::int64_t>(count)));
  EDGE_CHECK(scope_.db.run(
      "DELETE FROM skipped_key WHERE id IN (SELECT id FROM skipped_key"
      "  WHERE account_id = ?1 AND session_id IN (SELECT id FROM session WHERE account_id = ?1"
      "   AND contact_id = (SELECT contact_id FROM session WHERE account_id = ?1 AND id = ?2))"
      "  ORDER BY id DESC LIMIT -1 OFFSET ?3)",
      scope_.account, session_id_, static_cast<std::int64_t>(kMaxSkippedKeysOfContact)));
  return {};
}

base::Result<std::int64_t> expire_skipped_keys(const Scope& scope, base::UnixMillis now,
                                               const SkippedKeyTerms& terms) {
  EDGE_CHECK(scope.db.run("UPDATE skipped_key SET at = ?2 WHERE account_id = ?1 AND at = 0",
                          scope.account, now));
  std::vector<std::int64_t> spent;
  EDGE_CHECK(scope.db.each(
      "SELECT id FROM session AS old WHERE account_id = ?1 AND state IN (?4, ?5)"
      " AND contact_id IN (SELECT contact_id FROM session WHERE account_id = ?1 AND state = ?3"
      "  AND created_at < ?2 AND id > old.id)",
      [&](const Row& row) { spent.push_back(row.integer(0)); }, scope.account,
      terms.sessions_before, SessionState::live, SessionState::superseded, SessionState::broken));
  for (const std::int64_t id : spent) EDGE_CHECK(delete_session(scope, id));
  EDGE_TRY(const auto aged,
           scope.db.run("DELETE FROM skipped_key WHERE account_id = ?1 AND at < ?2", scope.account,
                        terms.live_before));
  EDGE_TRY(const auto of_spent,
           scope.db.run(
               "DELETE FROM skipped_key WHERE account_id = ?1 AND at < ?2 AND session_id IN"
               " (SELECT id FROM session WHERE account_id = ?1 AND state IN (?3, ?4))",
               scope.account, terms.spent_before, SessionState::superseded, SessionState::broken));
  return static_cast<std::int64_t>(spent.size()) + aged + of_spent;
}

base::Result<> DeferredSkippedKeys::apply() {
  for (auto& change : changes_) EDGE_CHECK(change());
  changes_.clear();
  return {};
}

base::Result<> DeferredSkippedKeys::erase(std::uint64_t epoch, std::uint32_t n) {
  used_one_ = true;
  changes_.emplace_back([this, epoch, n] { return table_.erase(epoch, n); });
  return {};
}

base::Result<> DeferredSkippedKeys::put(std::span<const crypto::SkippedKey> keys) {
  changes_.emplace_back([this, copy = std::vector<crypto::SkippedKey>(keys.begin(), keys.end())] {
    return table_.put(copy);
  });
  return {};
}

base::Result<> DeferredSkippedKeys::drop_epoch(std::uint64_t epoch) {
  changes_.emplace_back([this, epoch] { return table_.drop_epoch(epoch); });
  return {};
}

base::Result<> DeferredSkippedKeys::keep_newest(std::size_t count) {
  changes_.emplace_back([this, count] { return table_.keep_newest(count); });
  return {};
}

}  // namespace store
