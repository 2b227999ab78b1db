#include "store/store.h"

#include <optional>

#include "base/log.h"
#include "crypto/init.h"
#include "store/accounts_folder.h"
#include "store/directory_lock.h"
#include "store/existing_store.h"
#include "store/lost_commits.h"
#include "store/making_ready.h"
#include "store/new_store.h"
#include "store/reserve.h"
#include "store/row_macs.h"
#include "store/start_check.h"
#include "store/tables/account_keys.h"

namespace store {

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
  EDGE_TRY(const bool dir_is_new, prepare_folder(options.dir));
  EDGE_CHECK(refuse_foreign(options));
  options.key = resolve(std::move(options.key), options.dir);
  EDGE_TRY(DirectoryLock lock, DirectoryLock::take(options.dir));
  const std::string path = options.dir + "/store.db";
  auto health = std::make_unique<Health>();
  const LossCheck loss = LossCheck::begin(path);
  EDGE_TRY(ExistingStore found, look_at(options, path, *health));
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
  if (!found.damaged) {
    options.writer.prepare = [macs](Connection& writing) {
      return macs->write_by(writing, RowMacs::Tables::others);
    };
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
