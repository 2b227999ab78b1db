#include "store/schema/v13_rows.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/wire.h"

namespace store::schema {
namespace {

constexpr std::int64_t kGateway = 1;
constexpr std::size_t kMaxField = 64 * 1024;
constexpr std::size_t kContactsAtOnce = 500;
// Marks of RowMacs::mark_intact().
constexpr std::array<std::uint8_t, 1> kIntact{1};
constexpr std::array<std::uint8_t, 0> kBroken{};

bool is_intact(base::ByteView mark) { return mark.size() == 1; }

base::Bytes key_record(base::ByteView key) {
  base::WireWriter out;
  out.u8(1).bytes(key).bytes(key);  // the fingerprint is the key itself
  return out.take();
}

struct OldAccount {
  std::int64_t id = 0;
  Uuid uuid{};
  std::string mailbox;
  base::Bytes sealed;
  base::Bytes mark;
};

base::Result<std::vector<OldAccount>> accounts(Connection& db) {
  std::vector<OldAccount> found;
  EDGE_CHECK(db.each(
      "SELECT id, uuid, mailbox, sealed, mac FROM account ORDER BY id", [&](const Row& row) {
        const auto uuid = row.array<16>(1);
        if (!uuid) return;  // changed outside: nothing of it opens
        found.push_back(
            {row.integer(0), *uuid, std::string(row.text(2)), row.bytes(3), row.bytes(4)});
      }));
  return found;
}

// form 1: seed 32 | addr | profile -> form 2: seed 32 | profile
struct SplitAccount {
  crypto::WipingBytes record;
  std::string addr;
};
std::optional<SplitAccount> split_account(base::ByteView plain) {
  base::WireReader in(plain);
  if (in.u8() != 1) in.refuse();
  const base::ByteView seed = in.fixed(32);
  SplitAccount out;
  out.addr = in.text(kMaxField);
  const base::ByteView profile = in.rest();
  if (!in.ok()) return std::nullopt;
  out.record.push_back(2);
  out.record.insert(out.record.end(), seed.begin(), seed.end());
  out.record.insert(out.record.end(), profile.begin(), profile.end());
  return out;
}

base::Result<> move_account(Connection& db, const Vault& vault, const OldAccount& account) {
  if (account.sealed.empty()) return {};  // its removal has begun
  const AccountKey key = vault.account(account.uuid);
  const auto plain = vault.open(key, "account", "sealed", account.id, account.sealed);
  const auto split = plain ? split_account(*plain) : std::nullopt;
  if (!split) return {};
  EDGE_CHECK(db.run("UPDATE account SET sealed = ? WHERE id = ?",
                    vault.seal(key, "account", "sealed", account.id, split->record), account.id));
  base::WireWriter way;
  way.u8(1).text(split->addr).text(account.mailbox);
  EDGE_CHECK(
      db.run("INSERT INTO account_way_in(account_id, id, kind, sealed, mac) VALUES(?, 1, ?, ?, ?)",
             account.id, kGateway, vault.seal(key, "account_way_in", "sealed", 1, way.view()),
             account.mark));
  return {};
}

struct OldContact {
  std::int64_t rowid = 0;
  std::int64_t id = 0;
  base::Bytes key_hash;
  base::Bytes sealed;
  base::Bytes mark;
};

base::Result<std::vector<OldContact>> contacts_after(Connection& db, std::int64_t account,
                                                     std::int64_t rowid) {
  std::vector<OldContact> found;
  EDGE_CHECK(db.each(
      "SELECT rowid, id, key_hash, sealed, mac FROM contact WHERE account_id = ? AND rowid > ?"
      " ORDER BY rowid LIMIT ?",
      [&](const Row& row) {
        found.push_back({row.integer(0), row.integer(1), row.bytes(2), row.bytes(3), row.bytes(4)});
      },
      account, rowid, kContactsAtOnce));
  return found;
}

// form 1: key | addr | name | auth_name | status; form 2: the same | addr_place
// -> form 3: addr | name | auth_name | status | addr_place
struct SplitContact {
  crypto::WipingBytes record;
  base::Bytes key;
};
std::optional<SplitContact> split_contact(base::ByteView plain) {
  base::WireReader in(plain);
  const std::uint8_t form = in.u8();
  if (form != 1 && form != 2) in.refuse();
  SplitContact out;
  out.key = base::to_bytes(in.bytes(32));
  const base::ByteView rest = in.rest();
  if (!in.ok()) return std::nullopt;
  out.record.push_back(3);
  out.record.insert(out.record.end(), rest.begin(), rest.end());
  if (form == 1) out.record.insert(out.record.end(), sizeof(std::int64_t), 0);
  return out;
}

base::Result<> move_contact(Connection& db, const Vault& vault, const AccountKey& key,
                            std::int64_t account, const OldContact& contact) {
  const auto plain = vault.open(key, "contact", "sealed", contact.id, contact.sealed);
  const auto split = plain ? split_contact(*plain) : std::nullopt;
  if (split) {
    EDGE_CHECK(db.run("UPDATE contact SET sealed = ? WHERE rowid = ?",
                      vault.seal(key, "contact", "sealed", contact.id, split->record),
                      contact.rowid));
  }
  if (contact.key_hash.empty()) return {};
  const bool good = split && is_intact(contact.mark);
  EDGE_CHECK(
      db.run("INSERT INTO contact_key(account_id, contact_id, kind, fingerprint_hash, sealed, mac)"
             " VALUES(?, ?, ?, ?, ?, ?)",
             account, contact.id, kGateway, contact.key_hash,
             good ? vault.seal(key, "contact_key", "sealed", contact.id, key_record(split->key))
                  : base::Bytes(),
             good ? base::ByteView(kIntact) : base::ByteView(kBroken)));
  return {};
}

}  // namespace

base::Result<> move_rows_of_v13(Connection& db, const Vault& vault) {
  EDGE_TRY(const auto all, accounts(db));
  for (const OldAccount& account : all) {
    EDGE_CHECK(move_account(db, vault, account));
    const AccountKey key = vault.account(account.uuid);
    std::int64_t last = 0;
    for (;;) {
      EDGE_TRY(const auto some, contacts_after(db, account.id, last));
      for (const OldContact& contact : some) {
        EDGE_CHECK(move_contact(db, vault, key, account.id, contact));
        last = contact.rowid;
      }
      if (some.size() < kContactsAtOnce) break;
    }
  }
  return {};
}

}  // namespace store::schema
