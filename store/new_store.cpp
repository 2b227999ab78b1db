#include "store/new_store.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "store/event_log.h"
#include "store/file.h"
#include "store/image/store_image.h"
#include "store/own_tables.h"
#include "store/row_layout.h"
#include "store/transaction.h"

namespace store {
namespace {

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

base::Result<> write_image(const StoreImage& image, const std::string& path) {
  base::Bytes whole(image.size);
  auto from = image.bytes.begin();
  for (const StoreImage::Part& part : image.parts) {
    const auto end = from + part.size;
    std::copy(from, end, whole.begin() + part.at);
    from = end;
  }
  EDGE_TRY(File file, File::open(path, File::Mode::create_new));
  return file.write_at(0, whole);
}

}  // namespace

StoreForm form_of(const StoreOptions& options) {
  return row_mac_step(options.migrations) > 0 ? StoreForm::row_macs : StoreForm::sealed_columns;
}

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
  const StoreImage* const image =
      options.migrations.empty() ? nullptr : options.migrations.back().image;
  if (image != nullptr) EDGE_CHECK(write_image(*image, beside(path)));
  EDGE_TRY(auto db, Connection::open(beside(path), {.synchronous = Synchronous::off,
                                                    .vfs = options.vfs,
                                                    .cache_kib = kNewCacheKib}));
  EDGE_TRY(Transaction transaction, Transaction::begin(*db));
  if (image == nullptr) EDGE_CHECK(db->script(own_tables_sql()));
  EDGE_TRY(crypto::RecordKey key,
           make_data_key(*db, options.key, form_of(options), *options.clock));
  EDGE_CHECK(EventLog::prepare(*db));
  EDGE_CHECK(transaction.commit());
  return NewStore{std::move(db), std::move(key), std::move(ground)};
}

base::Result<std::shared_ptr<const RowMacs>> end_new(NewStore made, const Vault& vault,
                                                     const StoreOptions& options,
                                                     const std::string& path) {
  Connection& db = *made.db;
  std::shared_ptr<const RowMacs> macs;
  if (!options.migrations.empty() && options.migrations.back().image != nullptr) {
    EDGE_TRY(macs, RowMacs::of(options.migrations, vault));
    EDGE_TRY(Transaction transaction, Transaction::begin(db));
    EDGE_CHECK(macs->make_all(db, RowMacs::Tables::counters));
    EDGE_CHECK(transaction.commit());
  }
  EDGE_CHECK(db.close(options.synchronous == Synchronous::off ? AtClose::leave : AtClose::sync));
  EDGE_CHECK(made.ground.get());
  if (std::rename(beside(path).c_str(), path.c_str()) != 0) {
    return base::fail_errno(base::Errc::io, "rename " + beside(path), errno);
  }
  return macs;
}

}  // namespace store
