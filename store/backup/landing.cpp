#include "store/backup/landing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/log.h"
#include "base/wire.h"
#include "store/backup/raw_rows.h"
#include "store/file.h"
#include "store/store.h"
#include "store/tables/account_keys.h"
#include "store/tables/account_removal.h"
#include "store/tables/selection.h"
#include "store/tables/ways_in.h"

namespace store::backup {
namespace {

constexpr std::int64_t kRowsAtOnce = 500;          // in one write
constexpr std::size_t kBytesAtOnce = 1024 * 1024;  //
constexpr std::int64_t kMostSetAside = 5'000;      // rows of an account that nobody uses
constexpr std::uint64_t kLandedRow = 300;          // bytes, for progress
constexpr std::size_t kMaxAside = 64 * 1024 * 1024;

// The parts of an account that are kept until another account has replaced it.
struct Aside {
  Uuid comes{};
  bool selected = false;
  StoredAccount had;
  base::Bytes rows;  // u16 tables, each: bytes table | u32 rows, bytes each
};

base::Bytes encode_aside(const Aside& aside) {
  base::WireWriter out;
  out.u8(1).fixed(aside.comes).boolean(aside.selected).fixed(aside.had.uuid);
  out.i64(aside.had.created_at).boolean(aside.had.io_on).bytes(aside.had.sealed);
  out.bytes(aside.rows);
  return out.take();
}

base::Result<Aside> decode_aside(base::ByteView plain) {
  base::WireReader in(plain);
  Aside aside;
  if (in.u8() != 1) in.refuse();
  aside.comes = in.array<16>();
  aside.selected = in.boolean();
  aside.had.uuid = in.array<16>();
  aside.had.created_at = in.i64();
  aside.had.io_on = in.boolean();
  aside.had.sealed = base::to_bytes(in.bytes(kMaxAside));
  aside.rows = base::to_bytes(in.bytes(kMaxAside));
  if (!in.done()) return base::fail(base::Errc::corrupt, "the record of an import is damaged");
  return aside;
}

base::Result<Aside> find_aside(Connection& db, const Vault& vault, base::AccountId account) {
  EDGE_TRY(const auto sealed, db.one<base::Bytes>(
                                  "SELECT sealed FROM account_import WHERE account_id = ?",
                                  [](const Row& row) { return row.bytes(0); }, account));
  if (!sealed) return base::fail(base::Errc::internal, "no import is under way");
  EDGE_TRY(const auto plain,
           vault.open(vault.store_wide(), "account_import", "sealed", account.value, *sealed));
  return decode_aside(plain);
}

base::Result<base::Bytes> rows_of(Connection& db, base::AccountId account) {
  EDGE_TRY(const auto tables, kept_tables(db));
  base::WireWriter out;
  out.u16(static_cast<std::uint16_t>(tables.size()));
  for (const CarriedTable& table : tables) {
    base::WireWriter rows;
    std::uint32_t count = 0;
    EDGE_CHECK(
        read_rows(db, select_kept(table), account, [&](base::ByteView row) -> base::Result<> {
          ++count;
          rows.bytes(row);
          return {};
        }));
    out.bytes(write_table(table)).u32(count).fixed(rows.view());
  }
  return out.take();
}

base::Result<> put_back_rows(Connection& db, base::AccountId account, base::ByteView rows) {
  EDGE_TRY(const auto known, kept_tables(db));
  base::WireReader in(rows);
  const std::size_t tables = in.u16();
  for (std::size_t i = 0; i < tables && in.ok(); ++i) {
    EDGE_TRY(const CarriedTable table, read_table(in.bytes(kMaxAside), known));
    EDGE_TRY(auto inserter, RowInserter::prepare(db, table, account));
    const std::uint32_t count = in.u32();
    for (std::uint32_t row = 0; row < count && in.ok(); ++row) {
      EDGE_CHECK(inserter.insert(in.bytes(kMaxAside)));
    }
  }
  if (!in.done()) return base::fail(base::Errc::corrupt, "the record of an import is damaged");
  return {};
}

base::Result<> delete_counters(Connection& db, base::AccountId account) {
  EDGE_CHECK(db.run("DELETE FROM counter WHERE account_id = ?", account));
  return {};
}

// The selection's MAC is made with the key of the account.
base::Result<> select_again(Connection& db, base::AccountId account, bool selected) {
  return selected ? select_account(db, account) : base::Result<>{};
}

base::Error in_use(base::AccountId account) {
  return base::fail(
      base::Errc::already_exists,
      fmt::format("Cannot import backups to accounts in use: account {} has contacts, chats or"
                  " messages; add_account makes one for it",
                  account.value));
}

base::Result<> check_not_here(Connection& db, const Uuid& comes) {
  EDGE_TRY(const auto here, find_account_of_uuid(db, comes));
  if (!here) return {};
  if (here->empty) {
    return base::fail(base::Errc::unavailable,
                      "the account of this backup is just being removed here; try again in a"
                      " moment");
  }
  return base::fail(base::Errc::already_exists,
                    fmt::format("the account of this backup is here already, as account {}; an"
                                " account lives in one place",
                                here->id.value));
}

// Rows of one table, written in large groups.
class Portion {
 public:
  Portion(Store& store, base::AccountId account, CarriedTable table)
      : store_(store), account_(account), table_(std::move(table)) {}

  base::Result<> add(base::ByteView row) {
    bytes_ += row.size();
    rows_.push_back(base::to_bytes(row));
    const bool full =
        rows_.size() >= static_cast<std::size_t>(kRowsAtOnce) || bytes_ >= kBytesAtOnce;
    return full ? write() : base::Result<>{};
  }

  base::Result<> write() {
    if (rows_.empty()) return {};
    auto written = store_.write_now<void>([this](Tx& tx) -> base::Result<> {
      EDGE_TRY(auto inserter, RowInserter::prepare(tx.db(), table_, account_));
      for (const base::Bytes& row : rows_) EDGE_CHECK(inserter.insert(row));
      return {};
    });
    rows_.clear();
    bytes_ = 0;
    return written;
  }

 private:
  Store& store_;
  const base::AccountId account_;
  const CarriedTable table_;
  std::vector<base::Bytes> rows_;
  std::size_t bytes_ = 0;
};

}  // namespace

base::Result<bool> is_unused(Connection& db, base::AccountId account) {
  constexpr std::int64_t kFirstPeer = 10;
  constexpr std::int64_t kDevice = 5;
  constexpr std::int64_t kInfo = 2;
  EDGE_TRY(const auto used,
           db.integer("SELECT EXISTS(SELECT 1 FROM contact WHERE account_id = ?1 AND id >= ?2)"
                      " OR EXISTS(SELECT 1 FROM chat_group WHERE account_id = ?1)"
                      " OR EXISTS(SELECT 1 FROM message WHERE account_id = ?1 AND from_id NOT IN"
                      " (?3, ?4))",
                      account, kFirstPeer, kDevice, kInfo));
  if (used.value_or(1) != 0) return false;
  EDGE_TRY(const auto tables, kept_tables(db));
  std::int64_t rows = 0;
  for (const CarriedTable& table : tables) {
    EDGE_TRY(const std::int64_t count, count_carried(db, table, account));
    rows += count;
  }
  return rows <= kMostSetAside;
}

base::Result<> begin_landing(Tx& tx, base::AccountId account, const DumpHead& comes) {
  Connection& db = tx.db();
  EDGE_CHECK(check_not_here(db, comes.uuid));
  EDGE_TRY(const bool unused, is_unused(db, account));
  if (!unused) return in_use(account);
  Aside aside;
  aside.comes = comes.uuid;
  EDGE_TRY(const auto selected, find_selection(db));
  aside.selected = selected == account;
  EDGE_TRY(aside.had, load_stored_account(db, account));
  EDGE_TRY(aside.rows, rows_of(db, account));
  const base::Bytes sealed = tx.vault().seal(tx.vault().store_wide(), "account_import", "sealed",
                                             account.value, encode_aside(aside));
  EDGE_CHECK(
      db.run("INSERT INTO account_import(account_id, sealed) VALUES(?, ?)", account, sealed));
  for (bool more = true; more;) {
    EDGE_TRY(more, delete_account_rows(db, account, kMostSetAside));
  }
  EDGE_CHECK(delete_counters(db, account));
  EDGE_CHECK(delete_account_key(db, account));
  EDGE_CHECK(insert_account_key(db, tx.vault(), account, comes.uuid,
                                crypto::Secret<32>(comes.key.view())));
  tx.vault().adopt(comes.uuid, crypto::RecordKey(crypto::Secret<32>(comes.key.view())));
  EDGE_CHECK(empty_account(db, account, comes.uuid, comes.created_at));
  tx.scrub();
  return select_again(db, account, aside.selected);
}

base::Result<> land_files(Store& store, StagedAccount& staged) {
  EDGE_CHECK(store.blobs().remove_account(staged.head().uuid));  // of one that was removed
  store.blobs().admit_account(staged.head().uuid);
  const std::string all = store.dir() + "/blobs";
  EDGE_CHECK(make_dir(all));
  const std::string folder = store.blobs().account_dir(staged.head().uuid);
  if (std::rename(staged.blobs_dir().c_str(), folder.c_str()) != 0) {
    return base::fail_errno(base::Errc::io, "rename " + staged.blobs_dir(), errno);
  }
  return sync_dir(all);
}

base::Result<> land_rows(Store& store, base::AccountId account, StagedAccount& staged,
                         const std::stop_token& stop, const Progress& progress) {
  EDGE_TRY(const auto tables, staged.tables());
  std::uint64_t all = 0;
  for (const CarriedTable& table : tables) {
    EDGE_TRY(const std::int64_t count,
             count_carried(staged.rows(), table, StagedAccount::kAccount));
    all += static_cast<std::uint64_t>(count) * kLandedRow;
  }
  std::uint64_t done = 0;
  for (const CarriedTable& table : tables) {
    Portion portion(store, account, table);
    EDGE_CHECK(read_rows(staged.rows(), select_carried(table, true), StagedAccount::kAccount,
                         [&](base::ByteView row) -> base::Result<> {
                           if (stop.stop_requested()) return was_stopped();
                           done += kLandedRow;
                           if (progress) progress(std::min(done, all), all);
                           return portion.add(row);
                         }));
    EDGE_CHECK(portion.write());
  }
  return {};
}

base::Result<Landed> finish_landing(Tx& tx, base::AccountId account, const DumpHead& comes) {
  EDGE_TRY(const Aside aside, find_aside(tx.db(), tx.vault(), account));
  AccountRow row;
  row.id = account;
  row.uuid = comes.uuid;
  row.created_at = comes.created_at;
  row.seed = comes.seed;
  row.profile = comes.profile;
  EDGE_CHECK(fill_account(tx.db(), tx.vault(), row));
  const AccountKey key = tx.vault().account(row.uuid);
  EDGE_TRY(row.ways_in, list_ways_in({tx.db(), tx.vault(), key, account}));
  if (row.ways_in.empty()) return damaged("the account in it has no address");
  EDGE_CHECK(tx.db().run("DELETE FROM account_import WHERE account_id = ?", account));
  EDGE_CHECK(select_again(tx.db(), account, aside.selected));
  tx.scrub();  // the old account's keys
  return Landed{std::move(row), aside.had.uuid};
}

base::Result<> undo_landing(Store& store, base::AccountId account) {
  {
    EDGE_TRY(Reader reader, store.read());
    EDGE_CHECK(find_aside(*reader, store.vault(), account));
  }
  for (bool more = true; more;) {
    auto deleted = store.write_now<bool>(
        [&](Tx& tx) { return delete_account_rows(tx.db(), account, kRowsAtOnce); });
    EDGE_TRY(more, std::move(deleted));
  }
  auto put_back = store.write_now<Uuid>([&](Tx& tx) -> base::Result<Uuid> {
    Connection& db = tx.db();
    EDGE_TRY(const Aside aside, find_aside(db, tx.vault(), account));
    EDGE_CHECK(delete_counters(db, account));
    EDGE_CHECK(delete_account_key(db, account));
    EDGE_CHECK(put_back_account(db, account, aside.had));
    EDGE_CHECK(put_back_rows(db, account, aside.rows));
    EDGE_CHECK(db.run("DELETE FROM account_import WHERE account_id = ?", account));
    EDGE_CHECK(select_again(db, account, aside.selected));
    tx.scrub();
    return aside.comes;
  });
  EDGE_TRY(const Uuid comes, std::move(put_back));
  store.vault().disown(comes);
  store.renew_readers();
  return store.blobs().remove_account(comes);
}

base::Result<> undo_landings(Store& store) {
  StagedAccount::remove_leftovers(store.dir());
  std::vector<base::AccountId> accounts;
  {
    EDGE_TRY(Reader reader, store.read());
    EDGE_CHECK(reader->each("SELECT account_id FROM account_import", [&](const Row& row) {
      accounts.push_back(row.id<base::AccountId>(0));
    }));
  }
  for (const base::AccountId account : accounts) {
    base::log::warning("account {}: an import did not come to its end; it is undone",
                       account.value);
    auto undone = undo_landing(store, account);
    if (undone) continue;
    // The rows that were set aside do not open: the account is removed like one whose removal was
    // begun.
    const bool lost =
        undone.error().code == base::Errc::sealed || undone.error().code == base::Errc::corrupt;
    if (!lost) return std::move(undone).with_context("undoing an import");
    base::log::error("account {}: what it was before the import is lost: {}", account.value,
                     undone.error().message);
  }
  return {};
}

}  // namespace store::backup
