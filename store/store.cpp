#include "store/store.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <future>
#include <optional>

#include "base/log.h"
#include "crypto/init.h"
#include "store/counter.h"
#include "store/directory_lock.h"
#include "store/file.h"
#include "store/lost_commits.h"
#include "store/master_key.h"
#include "store/own_tables.h"
#include "store/repair.h"
#include "store/reserve.h"
#include "store/row_layout.h"
#include "store/row_macs.h"
#include "store/start_check.h"
#include "store/tables/account_keys.h"
#include "store/transaction.h"
#include "store/upgrade.h"

namespace store {
namespace {

// The folder and those above it, made when missing. Whether it is new: its parent is then still to
// be synced.
base::Result<bool> prepare_dir(const std::string& dir) {
  if (dir.empty()) {
    return base::fail(base::Errc::invalid_argument, "no accounts folder is named; use --accounts");
  }
  const auto refuse = [&](std::string_view why) -> base::Result<bool> {
    return base::fail(base::Errc::io, "the accounts folder " + dir + " cannot be used: " +
                                          std::string(why) + "; choose another with --accounts");
  };
  struct stat info {};
  if (::stat(dir.c_str(), &info) != 0) {
    if (errno != ENOENT) return refuse(base::fail_errno(base::Errc::io, "look", errno).message);
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::path(dir).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, error);
    if (error) return refuse(error.message());
    auto made = make_unsynced_dir(dir);
    return made ? std::move(made) : refuse(made.error().message);
  }
  if (!S_ISDIR(info.st_mode)) return refuse("it is not a directory");
  if (::access(dir.c_str(), R_OK | W_OK | X_OK) != 0) {
    return refuse(base::fail_errno(base::Errc::io, "reading and writing it", errno).message);
  }
  return false;
}

// Names that this program or an administrator puts into an accounts folder before there is a
// store.
bool may_precede_store(std::string_view name, const std::vector<std::string>& expected) {
  static constexpr std::array<std::string_view, 10> kOwn = {
      "lock",         "reserve",           "blobs",     "privitty.lic",
      "commands",     "lost+found",        "peer_port", "device_fingerprint",
      "stdio_folder", "license_state.json"};
  for (const std::string_view own : kOwn) {
    if (name == own) return true;
  }
  return name.starts_with("store.db") || name.starts_with("relay.db") ||
         name.starts_with("master.key") ||
         std::find(expected.begin(), expected.end(), name) != expected.end();
}

// A folder that holds something else is left as it is: a mistyped --accounts must not put a store
// among somebody's documents.
base::Result<> refuse_foreign(const StoreOptions& options) {
  std::error_code error;
  if (std::filesystem::exists(options.dir + "/store.db", error)) return {};
  std::vector<std::string> expected = options.expected_names;
  const std::filesystem::path key =
      std::visit([](const auto& source) { return source.path; }, options.key);
  if (key.parent_path() == std::filesystem::path(options.dir)) {
    expected.push_back(key.filename().string());
  }
  for (const auto& entry : std::filesystem::directory_iterator(options.dir, error)) {
    const std::string name = entry.path().filename().string();
    if (may_precede_store(name, expected)) continue;
    return base::fail(base::Errc::io,
                      "the directory " + options.dir + " is not empty and no accounts folder: it " +
                          "holds " + name + " and no store.db; choose another with --accounts");
  }
  return {};
}

// What is there: the key is unwrapped once, for a passphrase makes that slow.
struct Found {
  std::optional<DataKey> key = std::nullopt;  // nothing: there is no store yet
  bool damaged = false;
  // What looked becomes the first of the readers. It also stays open meanwhile: the last one to
  // leave would make the next one read the whole write-ahead log again.
  std::unique_ptr<Connection> look = nullptr;
};

ConnectionOptions connection_options(const StoreOptions& options, Health& health) {
  return {
      .synchronous = options.synchronous, .vfs = options.vfs, .cache_kib = 1024, .health = &health};
}

ConnectionOptions reader_options(const StoreOptions& options, Health& health, bool tolerant) {
  ConnectionOptions out = connection_options(options, health);
  out.read_only = true;
  out.tolerant = tolerant;
  out.cache_kib = 256;
  return out;
}

StoreForm form_of(const StoreOptions& options) {
  return row_mac_step(options.migrations) > 0 ? StoreForm::row_macs : StoreForm::sealed_columns;
}

// A wrapping that says "rows have MACs" on a store of an earlier schema was forged, to have changed
// rows accepted.
base::Result<> check_not_turned_back(const std::string& path, const DataKey& key,
                                     std::int64_t version, const StoreOptions& options) {
  if (key.form != StoreForm::row_macs || version == 0 ||
      version >= row_mac_step(options.migrations)) {
    return {};
  }
  return base::fail(base::Errc::forbidden,
                    path +
                        " was turned back to an older schema by another program, so that its "
                        "content cannot be trusted; restore a backup of the folder");
}

// Checks an existing database without changing it: whether it is a store, of a known schema, that
// the key opens.
base::Result<Found> look_at(const StoreOptions& options, const std::string& path, Health& health,
                            bool tolerant) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size == 0) return Found{};
  EDGE_TRY(auto look, Connection::open(path, reader_options(options, health, tolerant)));
  EDGE_TRY(const bool empty, is_empty(*look));
  if (empty) return Found{};
  EDGE_CHECK(check_schema(*look, options.migrations));
  EDGE_TRY(DataKey key, load_data_key(*look, options.key));
  EDGE_TRY(const auto version, look->integer("PRAGMA user_version"));
  EDGE_CHECK(check_not_turned_back(path, key, version.value_or(0), options));
  if (!tolerant) return Found{.key = std::move(key), .look = std::move(look)};
  if (!options.migrations.empty() && version != options.migrations.back().number) {
    return base::fail(base::Errc::corrupt,
                      path + " is damaged and of an older version; run `privitty-edge repair`");
  }
  return Found{.key = std::move(key), .damaged = true, .look = std::move(look)};
}

base::Result<Found> look_at(const StoreOptions& options, const std::string& path, Health& health) {
  auto found = look_at(options, path, health, false);
  if (found.ok() || found.error().code != base::Errc::corrupt) return found;
  auto partly = look_at(options, path, health, true);
  return partly ? std::move(partly) : std::move(found);
}

// A new store is made beside its place and moved there whole: a start that dies on the way leaves
// nothing that the next one would have to understand. So its making waits for the disk at its end
// alone, and meanwhile a thread makes durable what it stands on: the folder and the key file. The
// schema is part of it where the last step says what all steps make. That it was moved is synced
// by the writer before anything is acknowledged (WriterOptions::unsynced_dir).
struct NewStore {
  std::unique_ptr<Connection> db;
  crypto::RecordKey key;
  std::future<base::Result<>> ground;
};

// A key file that is there was made by an administrator, or by a start that died.
base::Result<std::optional<File>> new_key_file(const KeySource& source) {
  const auto* file = std::get_if<KeyFile>(&source);
  if (file == nullptr) return std::optional<File>();
  auto made = write_key_file(file->path);
  if (made) return std::optional(*std::move(made));
  if (made.error().code == base::Errc::already_exists) return std::optional<File>();
  return std::move(made).error();
}

base::Result<> sync_ground(const std::string& new_dir, std::optional<File>& key_file) {
  if (!new_dir.empty()) EDGE_CHECK(sync_parent(new_dir));
  return key_file ? sync_key_file(*key_file) : base::Result<>();
}

std::string beside(const std::string& path) { return path + ".new"; }

constexpr int kNewCacheKib = 4096;  // holds all pages of a new store

base::Result<NewStore> begin_new(const StoreOptions& options, const std::string& path,
                                 bool dir_is_new) {
  EDGE_TRY(std::optional<File> key_file, new_key_file(options.key));
  auto ground = std::async(std::launch::async, [new_dir = dir_is_new ? options.dir : std::string(),
                                                key_file = std::move(key_file)]() mutable {
    return sync_ground(new_dir, key_file);
  });
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(beside(path) + suffix, ignored);
  }
  EDGE_TRY(auto db, Connection::open(beside(path), {.synchronous = Synchronous::off,
                                                    .vfs = options.vfs,
                                                    .cache_kib = kNewCacheKib}));
  EDGE_CHECK(db->script("PRAGMA journal_mode=MEMORY"));  // each page is written once
  EDGE_TRY(Transaction transaction, Transaction::begin(*db));
  const Migration last = options.migrations.empty() ? Migration() : options.migrations.back();
  EDGE_CHECK(make_own_tables(*db, last.whole));
  EDGE_TRY(crypto::RecordKey key,
           make_data_key(*db, options.key, form_of(options), *options.clock));
  EDGE_CHECK(EventLog::prepare(*db));
  if (!last.whole.empty()) {
    EDGE_CHECK(db->script(fmt::format("PRAGMA user_version={}", last.number)));
  }
  EDGE_CHECK(transaction.commit());
  return NewStore{std::move(db), std::move(key), std::move(ground)};
}

// The MACs of the schema that it has now; null: its steps are still to be run.
base::Result<std::shared_ptr<const RowMacs>> end_new(NewStore made, const Vault& vault,
                                                     const StoreOptions& options,
                                                     const std::string& path) {
  Connection& db = *made.db;
  std::shared_ptr<const RowMacs> macs;
  if (!options.migrations.empty() && !options.migrations.back().whole.empty()) {
    EDGE_TRY(macs, RowMacs::of_new(db, vault));
    EDGE_TRY(Transaction transaction, Transaction::begin(db));
    EDGE_CHECK(macs->make_all(db));
    EDGE_CHECK(transaction.commit());
  }
  EDGE_CHECK(db.script("PRAGMA journal_mode=WAL"));
  EDGE_CHECK(db.close(options.synchronous == Synchronous::off ? AtClose::leave : AtClose::sync));
  EDGE_CHECK(made.ground.get());
  if (std::rename(beside(path).c_str(), path.c_str()) != 0) {
    return base::fail_errno(base::Errc::io, "rename " + beside(path), errno);
  }
  return macs;
}

// The step that adds the MACs, within the caller's transaction: columns, MACs of the rows that are
// there, and, unless the store is new and was wrapped so, the wrapping that says so.
base::Result<> add_row_macs(Connection& db, const Vault& vault, bool is_new,
                            const StoreOptions& options) {
  const std::span<const Migration> steps = options.migrations;
  const auto so_far = steps.first(static_cast<std::size_t>(row_mac_step(steps)));
  const auto run = [&]() -> base::Result<> {
    EDGE_TRY(const auto macs, RowMacs::of(so_far, vault));
    EDGE_CHECK(macs->make_all(db));
    if (!is_new) EDGE_CHECK(wrap_for_row_macs(db, options.key, *options.clock));
    return {};
  };
  EDGE_CHECK(run_step(db, so_far.back(), nullptr));
  return run().with_context("MACs of rows");
}

// All steps of a new store are one transaction: its wrapping says from the beginning that its rows
// have MACs, and a start that dies between two steps would leave a store that looks turned back.
base::Result<> make_schema(Connection& db, const Vault& vault, const StoreOptions& options) {
  const std::int64_t macs_at = row_mac_step(options.migrations);
  EDGE_TRY(Transaction transaction, Transaction::begin(db));
  for (const Migration& step : options.migrations) {
    EDGE_CHECK(step.number == macs_at ? add_row_macs(db, vault, true, options)
                                      : run_step(db, step, nullptr));
  }
  return transaction.commit();
}

base::Result<> upgrade(Connection& db, const Vault& vault, std::int64_t from,
                       const StoreOptions& options) {
  const std::span<const Migration> steps = options.migrations;
  const std::int64_t macs_at = row_mac_step(steps);
  if (macs_at == 0) return migrate(db, steps);
  if (from < macs_at) {
    EDGE_CHECK(migrate(db, steps.first(static_cast<std::size_t>(macs_at - 1))));
    EDGE_TRY(Transaction transaction, Transaction::begin(db));
    EDGE_CHECK(add_row_macs(db, vault, false, options));
    EDGE_CHECK(transaction.commit());
  }
  return run_later_steps(db, vault, std::max(from, macs_at), steps);
}

// A step to a newer schema begins only where nothing is broken; otherwise the check comes after the
// start (StartCheck).
// `macs` are known already where the store was made just now.
base::Result<> make_ready(Connection& db, const Vault& vault, const StoreOptions& options,
                          std::shared_ptr<const RowMacs>& macs) {
  const std::span<const Migration> steps = options.migrations;
  EDGE_TRY(const auto version, db.integer("PRAGMA user_version"));
  if (!steps.empty() && version != steps.back().number) {
    EDGE_CHECK(quick_check(db).with_context("bring the store to this version"));
    const std::int64_t from = version.value_or(0);
    EDGE_CHECK(from == 0 ? make_schema(db, vault, options) : upgrade(db, vault, from, options));
  }
  if (!macs) {
    EDGE_TRY(macs, RowMacs::of(steps, vault));
    EDGE_CHECK(macs->check_tables(db));
  }
  EDGE_CHECK(macs->read_by(db));
  EDGE_CHECK(macs->write_by(db));
  if (row_mac_step(options.migrations) > 0) {
    const auto mended = mend_counters(db);
    if (!mended && mended.error().code != base::Errc::corrupt) return mended.error();
  }
  const auto newest = EventLog::newest(db);
  if (!newest && newest.error().code == base::Errc::corrupt) return {};  // reads continue
  if (!newest) return newest.error();
  if (!newest->valid()) EDGE_CHECK(EventLog::prepare(db));  // the counter was lost in a repair
  return {};
}

}  // namespace

struct Store::Parts {
  Parts(DirectoryLock l, std::string d, std::string p, crypto::RecordKey key, bool sealing_off)
      : lock(std::move(l)),
        dir(std::move(d)),
        path(std::move(p)),
        vault(std::move(key), {.sealing_off_for_tests = sealing_off}),
        blobs(dir + "/blobs"),
        reserve(dir) {}

  // Destroyed from the last to the first. The writer's connection closes after the readers', for
  // the last one moves the write-ahead log into the database, and a reader cannot: what it would
  // leave there is what the next start has to read. The lock goes last.
  DirectoryLock lock;
  const std::string dir;
  const std::string path;
  std::unique_ptr<Health> health;
  const Vault vault;
  const Blobs blobs;
  Reserve reserve;
  std::shared_ptr<void> row_macs;  // in use while this lives
  std::unique_ptr<Writer> writer;
  std::unique_ptr<Readers> readers;
  std::unique_ptr<StartCheck> start_check;
};

base::Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  if (options.clock == nullptr) {
    return base::fail(base::Errc::internal, "a store needs a clock");
  }
  EDGE_CHECK(crypto::init());
  EDGE_TRY(const bool dir_is_new, prepare_dir(options.dir));
  EDGE_CHECK(refuse_foreign(options));
  options.key = resolve(std::move(options.key), options.dir);
  EDGE_TRY(DirectoryLock lock, DirectoryLock::take(options.dir));
  const std::string path = options.dir + "/store.db";
  auto health = std::make_unique<Health>();
  const LossCheck loss = LossCheck::begin(path);
  EDGE_TRY(Found found, look_at(options, path, *health));
  loss.compare(found.look.get(), health.get());
  std::optional<NewStore> made;
  if (!found.key) {
    EDGE_TRY(made, begin_new(options, path, dir_is_new));
    found.key = DataKey{std::move(made->key), form_of(options)};
    options.writer.unsynced_dir = options.dir;
  }
  auto parts = std::make_unique<Parts>(std::move(lock), options.dir, path,
                                       std::move(found.key->key), options.sealing_off_for_tests);
  parts->health = std::move(health);
  std::shared_ptr<const RowMacs> macs;
  if (made) {
    EDGE_TRY(macs, end_new(*std::move(made), parts->vault, options, path));
  }
  ConnectionOptions connection = connection_options(options, *parts->health);
  connection.read_only = connection.tolerant = found.damaged;
  EDGE_TRY(auto db, Connection::open(path, connection));
  EDGE_CHECK(load_account_keys(*db, parts->vault));
  if (found.damaged) {
    EDGE_TRY(macs, RowMacs::of(options.migrations, parts->vault));
  } else {
    EDGE_CHECK(make_ready(*db, parts->vault, options, macs));
    EDGE_CHECK(loss.go_on(*db));
  }

  const ConnectionOptions reading = reader_options(options, *parts->health, found.damaged);
  parts->row_macs = RowMacs::use_for(path, macs);
  parts->readers = std::make_unique<Readers>(path, reading, options.readers);
  if (found.look) {
    EDGE_CHECK(macs->read_by(*found.look));
    parts->readers->adopt(std::move(found.look));
  }
  parts->writer = std::make_unique<Writer>(std::move(db), parts->vault, *options.clock,
                                           *parts->health, options.writer);
  if (!found.damaged && !made) {
    parts->start_check = std::make_unique<StartCheck>(path, reading, options.check_after);
  }
  parts->reserve.renew();
  return std::unique_ptr<Store>(new Store(std::move(parts)));
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::~Store() { stop(); }

void Store::renew_readers() { parts_->readers->renew(); }
base::Result<Reader> Store::read() { return parts_->readers->read(); }
Writer& Store::writer() { return *parts_->writer; }
const Vault& Store::vault() const { return parts_->vault; }
const Blobs& Store::blobs() const { return parts_->blobs; }
Health& Store::health() { return *parts_->health; }
const Health& Store::health() const { return *parts_->health; }
const std::string& Store::dir() const { return parts_->dir; }
const std::string& Store::database_path() const { return parts_->path; }

base::Result<std::vector<LoggedEvent>> Store::events_after(base::EventId after, std::size_t limit) {
  EDGE_TRY(Reader reader, read());
  return EventLog::read_after(*reader, vault(), after, limit);
}

base::Result<LogPage> Store::log_page(const LogQuery& query) {
  EDGE_TRY(Reader reader, read());
  return read_log_page(*reader, vault(), query);
}

base::Result<base::EventId> Store::oldest_event() {
  EDGE_TRY(Reader reader, read());
  return EventLog::oldest(*reader);
}

base::Result<base::EventId> Store::newest_event() {
  EDGE_TRY(Reader reader, read());
  return EventLog::newest(*reader);
}

bool Store::make_room_to_delete() {
  if (!parts_->reserve.full()) return false;
  make_room_on_full_disk();
  return true;
}

void Store::make_room_on_full_disk() {
  parts_->reserve.use();
  if (!parts_->writer->empty_log()) {
    base::log::warning(
        "the disk is full and a reader holds the write-ahead log: deleting may fail");
  }
}

void Store::renew_reserve() { parts_->reserve.renew(); }

void Store::stop() {
  if (parts_->start_check) parts_->start_check->stop();
  parts_->writer->stop();
}

}  // namespace store
