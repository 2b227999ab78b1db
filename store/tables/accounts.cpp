#include "store/tables/accounts.h"

#include "base/log.h"
#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 2;  // form 1 had an address
constexpr std::size_t kMaxField = 4096;

base::Bytes write_sealed(const AccountRow& row) {
  base::WireWriter out;
  out.u8(kForm).fixed(row.seed.view()).text(row.profile);
  return out.take();
}

base::Result<AccountRow> read_row(Connection& db, const Vault& vault, const Row& columns) {
  EDGE_CHECK(check_intact(columns, 6, "account", columns.integer(0)));
  AccountRow row;
  row.id = columns.id<base::AccountId>(0);
  EDGE_TRY(row.uuid, columns.array<16>(1));
  row.created_at = columns.integer(2);
  row.io_on = columns.boolean(3);
  row.position = columns.integer(4);
  const AccountKey key = vault.account(row.uuid);
  EDGE_TRY(const crypto::WipingBytes plain,
           vault.open(key, "account", "sealed", row.id.value, columns.blob(5)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  const base::ByteView seed = in.fixed(32);
  row.profile = in.text(kMaxField);
  if (!in.done()) return base::fail(base::Errc::corrupt, "an account's record has another form");
  std::copy(seed.begin(), seed.end(), row.seed.begin());
  EDGE_TRY(row.ways_in, list_ways_in({db, vault, key, row.id}));
  if (row.ways_in.empty()) return base::fail(base::Errc::corrupt, "it has no way in");
  return row;
}

}  // namespace

base::Result<AccountList> list_accounts(Connection& db, const Vault& vault) {
  AccountList list;
  EDGE_CHECK(
      db.each("SELECT id, uuid, created_at, io_on, position, sealed, intact FROM checked_account"
              " WHERE length(sealed) > 0 OR NOT intact ORDER BY position, id",
              [&](const Row& columns) {
                auto row = read_row(db, vault, columns);
                if (row) return list.rows.push_back(*std::move(row));
                const auto id = columns.id<base::AccountId>(0);
                base::log::error("account {} does not open: {}", id.value, row.error().message);
                list.unreadable.push_back(id);
              }));
  return list;
}

base::Result<> insert_account(Connection& db, const Vault& vault, const AccountRow& row) {
  const AccountKey key = vault.account(row.uuid);
  base::Bytes plain = write_sealed(row);
  const base::Bytes sealed = vault.seal(key, "account", "sealed", row.id.value, plain);
  crypto::wipe(plain);
  EDGE_CHECK(
      db.run("INSERT INTO account(id, uuid, created_at, io_on, position, sealed)"
             " VALUES(?, ?, ?, ?, (SELECT coalesce(max(position), 0) FROM account), ?)",
             row.id, row.uuid, row.created_at, row.io_on, sealed));
  for (const WayIn& way : row.ways_in) EDGE_CHECK(insert_way_in({db, vault, key, row.id}, way));
  return {};
}

base::Result<> set_account_position(Connection& db, base::AccountId account,
                                    std::int64_t position) {
  EDGE_CHECK(db.run("UPDATE account SET position = ? WHERE id = ?", position, account));
  return {};
}

base::Result<StoredAccount> load_stored_account(Connection& db, base::AccountId account) {
  EDGE_TRY(auto found, db.one<StoredAccount>(
                           "SELECT uuid, created_at, io_on, sealed, intact FROM checked_account"
                           " WHERE id = ?",
                           [](const Row& row) -> base::Result<StoredAccount> {
                             EDGE_CHECK(check_intact(row, 4));
                             StoredAccount out;
                             EDGE_TRY(out.uuid, row.array<16>(0));
                             out.created_at = row.integer(1);
                             out.io_on = row.boolean(2);
                             out.sealed = row.bytes(3);
                             return out;
                           },
                           account));
  if (found) return *std::move(found);
  return base::fail(base::Errc::not_found,
                    "account " + std::to_string(account.value) + " not found");
}

base::Result<> empty_account(Connection& db, base::AccountId account, const Uuid& uuid,
                             base::UnixMillis created_at) {
  EDGE_CHECK(
      db.run("UPDATE account SET uuid = ?, created_at = ?, io_on = 0, sealed = x'' WHERE id = ?",
             uuid, created_at, account));
  return {};
}

base::Result<> insert_empty_account(Connection& db, base::AccountId account, const Uuid& uuid) {
  EDGE_CHECK(
      db.run("INSERT INTO account(id, uuid, created_at, io_on, sealed) VALUES(?, ?, 0, 0, x'')",
             account, uuid));
  return {};
}

base::Result<> fill_account(Connection& db, const Vault& vault, const AccountRow& row) {
  base::Bytes plain = write_sealed(row);
  const base::Bytes sealed =
      vault.seal(vault.account(row.uuid), "account", "sealed", row.id.value, plain);
  crypto::wipe(plain);
  EDGE_CHECK(
      db.run("UPDATE account SET io_on = ?, sealed = ? WHERE id = ?", row.io_on, sealed, row.id));
  return {};
}

base::Result<> put_back_account(Connection& db, base::AccountId account,
                                const StoredAccount& stored) {
  EDGE_CHECK(
      db.run("UPDATE account SET uuid = ?, created_at = ?, io_on = ?, sealed = ?"
             " WHERE id = ?",
             stored.uuid, stored.created_at, stored.io_on, stored.sealed, account));
  return {};
}

base::Result<std::optional<AccountOfUuid>> find_account_of_uuid(Connection& db, const Uuid& uuid) {
  return db.one<AccountOfUuid>(
      "SELECT id, length(sealed) FROM account WHERE uuid = ?",
      [](const Row& row) {
        return AccountOfUuid{row.id<base::AccountId>(0), row.integer(1) == 0};
      },
      uuid);
}

}  // namespace store
