#include "store/relay/deposit_keys.h"

#include <algorithm>

#include "store/relay/admissions.h"

namespace store {
namespace {

constexpr std::string_view kTable = "relay_deposit_key";
constexpr std::string_view kColumn = "sealed";

// A depositor without a key and without an envelope is forgotten.
base::Result<> drop_silent_depositor(Connection& db, std::int64_t depositor) {
  EDGE_CHECK(
      db.run("DELETE FROM depositor WHERE id = ?1 AND envelopes = 0 AND NOT EXISTS("
             "SELECT 1 FROM deposit_key WHERE depositor_id = ?1)",
             depositor));
  return {};
}

base::Result<> count(Connection& db, std::int64_t mailbox, std::int64_t keys) {
  EDGE_CHECK(db.run("UPDATE mailbox SET keys = keys + ?2 WHERE id = ?1", mailbox, keys));
  EDGE_CHECK(db.run("UPDATE total SET keys = keys + ?1 WHERE id = 1", keys));
  return {};
}

}  // namespace

base::Result<std::optional<RelayKey>> find_relay_key(Connection& db, const Vault& vault,
                                                     std::int64_t mailbox,
                                                     const RelayKeyId& key_id) {
  return db.one<RelayKey>(
      "SELECT deposit_key.id, depositor_id, purpose, sealed, bytes, envelopes FROM deposit_key"
      " JOIN depositor ON depositor.id = depositor_id"
      " WHERE deposit_key.mailbox_id = ?1 AND key_id = ?2",
      [&](const Row& row) -> base::Result<RelayKey> {
        RelayKey out;
        out.id = row.integer(0);
        out.depositor = row.integer(1);
        out.purpose = row.enumerator<RelayPurpose>(2);
        out.usage = {row.integer(4), row.integer(5)};
        EDGE_TRY(const auto plain,
                 vault.open(vault.store_wide(), kTable, kColumn, out.id, row.blob(3)));
        if (plain.size() != out.key.size()) {
          return base::fail(base::Errc::corrupt, "a deposit key is damaged");
        }
        std::copy(plain.begin(), plain.end(), out.key.begin());
        return out;
      },
      mailbox, key_id);
}

base::Result<> add_relay_key(Connection& db, const Vault& vault, std::int64_t mailbox,
                             const RelayKeyId& key_id, base::ByteView key, RelayPurpose purpose,
                             const std::array<std::uint8_t, 16>& pseudonym) {
  EDGE_TRY(const auto known,
           db.integer("SELECT id FROM deposit_key WHERE mailbox_id = ?1 AND key_id = ?2", mailbox,
                      key_id));
  if (known) {
    EDGE_CHECK(db.run("UPDATE deposit_key SET purpose = ?2 WHERE id = ?1", known, purpose));
    return {};
  }
  EDGE_CHECK(
      db.run("INSERT INTO depositor(mailbox_id, pseudonym) VALUES(?1, ?2) ON CONFLICT DO NOTHING",
             mailbox, pseudonym));
  EDGE_TRY(const auto depositor,
           db.integer("SELECT id FROM depositor WHERE mailbox_id = ?1 AND pseudonym = ?2", mailbox,
                      pseudonym));
  EDGE_CHECK(
      db.run("INSERT INTO deposit_key(mailbox_id, depositor_id, key_id, purpose, sealed)"
             " VALUES(?1, ?2, ?3, ?4, x'')",
             mailbox, depositor, key_id, purpose));
  EDGE_TRY(const auto id, db.integer("SELECT last_insert_rowid()"));
  EDGE_CHECK(db.run("UPDATE deposit_key SET sealed = ?2 WHERE id = ?1", id,
                    vault.seal(vault.store_wide(), kTable, kColumn, id.value_or(0), key)));
  return count(db, mailbox, 1);
}

base::Result<> remove_relay_key(Connection& db, std::int64_t mailbox, const RelayKeyId& key_id) {
  EDGE_TRY(const auto depositor,
           db.integer("SELECT depositor_id FROM deposit_key WHERE mailbox_id = ?1 AND key_id = ?2",
                      mailbox, key_id));
  if (!depositor) return {};
  EDGE_CHECK(
      db.run("DELETE FROM deposit_key WHERE mailbox_id = ?1 AND key_id = ?2", mailbox, key_id));
  EDGE_CHECK(count(db, mailbox, -1));
  return drop_silent_depositor(db, *depositor);
}

base::Result<> retire_older_keys(Connection& db, const RelayKey& used) {
  if (used.purpose != RelayPurpose::contact) return {};
  EDGE_CHECK(
      db.run("UPDATE deposit_key SET purpose = ?3 WHERE depositor_id = ?1 AND id < ?2"
             " AND purpose != ?3",
             used.depositor, used.id, RelayPurpose::handshakes));
  return {};
}

base::Result<std::vector<std::pair<RelayKeyId, RelayPurpose>>> list_relay_keys(
    Connection& db, std::int64_t mailbox) {
  std::vector<std::pair<RelayKeyId, RelayPurpose>> out;
  EDGE_CHECK(db.each(
      "SELECT key_id, purpose FROM deposit_key WHERE mailbox_id = ?1 ORDER BY id",
      [&](const Row& row) -> base::Result<> {
        EDGE_TRY(const auto key_id, row.array<16>(0));
        out.emplace_back(key_id, row.enumerator<RelayPurpose>(1));
        return {};
      },
      mailbox));
  return out;
}

base::Result<RelayKeyCounts> count_relay_keys(Connection& db, std::int64_t mailbox) {
  const auto counts = [](const Row& row) {
    return RelayKeyCounts{row.integer(0), row.integer(1), row.integer(2)};
  };
  EDGE_TRY(const auto found,
           db.one<RelayKeyCounts>(
               "SELECT keys, CASE WHEN admission_id != ?2 THEN"
               " (SELECT sum(keys) FROM mailbox m WHERE m.admission_id = mailbox.admission_id)"
               " WHEN opener <> x'' THEN"
               " (SELECT sum(keys) FROM mailbox m WHERE m.opener <> x''"
               " AND m.opener = mailbox.opener)"
               " ELSE keys END, (SELECT keys FROM total WHERE id = 1) FROM mailbox WHERE id = ?1",
               counts, mailbox, kOpenAdmission));
  return found.value_or(RelayKeyCounts{});
}

}  // namespace store
