#include "store/existing_store.h"

#include <filesystem>

#include "store/own_tables.h"
#include "store/row_layout.h"

namespace store {
namespace {

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

// SQLite would replay it into a new store.
base::Result<> check_no_log(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path + "-wal", error);
  if (error || size == 0) return {};
  return base::fail(base::Errc::corrupt,
                    path + " is missing, but its write-ahead log " + path +
                        "-wal is there: put the store back beside it, or move the log away to "
                        "begin with an empty store");
}

base::Result<ExistingStore> look_at(const StoreOptions& options, const std::string& path,
                                    Health& health, bool tolerant) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory) EDGE_CHECK(check_no_log(path));
  if (error || size == 0) return ExistingStore{};
  EDGE_TRY(auto look, Connection::open(path, reader_options(options, health, tolerant)));
  EDGE_TRY(const bool empty, is_empty(*look));
  if (empty) return ExistingStore{};
  EDGE_CHECK(check_schema(*look, options.migrations));
  EDGE_TRY(DataKey key, load_data_key(*look, options.key));
  EDGE_TRY(const auto version, look->integer("PRAGMA user_version"));
  EDGE_CHECK(check_not_turned_back(path, key, version.value_or(0), options));
  if (!tolerant) return ExistingStore{.key = std::move(key), .look = std::move(look)};
  if (!options.migrations.empty() && version != options.migrations.back().number) {
    return base::fail(base::Errc::corrupt,
                      path + " is damaged and of an older version; run `privitty-edge repair`");
  }
  return ExistingStore{.key = std::move(key), .damaged = true, .look = std::move(look)};
}

// The writer's cache holds the pages that one large write changes: pages that do not fit are
// written twice.
constexpr int kWriterCacheKib = 2048;

// A reader's cache holds what a page of a hundred messages touches, each on another page of a large
// table, and the pages of indexes above them: what does not fit is read and checked once more by
// the next call.
constexpr int kReaderCacheKib = 1024;

}  // namespace

ConnectionOptions connection_options(const StoreOptions& options, Health& health) {
  return {.synchronous = options.synchronous,
          .vfs = options.vfs,
          .cache_kib = kWriterCacheKib,
          .health = &health};
}

ConnectionOptions reader_options(const StoreOptions& options, Health& health, bool tolerant) {
  ConnectionOptions out = connection_options(options, health);
  out.read_only = true;
  out.tolerant = tolerant;
  out.cache_kib = kReaderCacheKib;
  return out;
}

base::Result<ExistingStore> look_at(const StoreOptions& options, const std::string& path,
                                    Health& health) {
  auto found = look_at(options, path, health, false);
  if (found.ok() || found.error().code != base::Errc::corrupt) return found;
  auto partly = look_at(options, path, health, true);
  return partly ? std::move(partly) : std::move(found);
}

}  // namespace store
