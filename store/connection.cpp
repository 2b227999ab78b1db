#include "store/connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <unordered_map>
#include <vector>

#include "store/checked_views.h"
#include "store/health.h"
#include "store/log_vfs.h"
#include "store/row_macs.h"
#include "store/sql_error.h"
#include "store/sqlite_library.h"

namespace store {
namespace {

constexpr std::size_t kMaxIdleStatements = 256;
constexpr std::int64_t kLogFileKept = 16 * 1024 * 1024;  // bytes

// SQLite makes new files readable by everybody the umask allows; ours are for the owner. Its -wal
// and -shm files take the mode of the database. A file that is there is not opened: closing it
// would end all locks that this process has on it (POSIX), and another program would take itself
// for the last one that uses the database, and delete its log.
base::Result<> make_private_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) return {};
  if (fd < 0) return base::fail_errno(base::Errc::io, "open " + path, errno);
  ::close(fd);
  return {};
}

}  // namespace

bool Row::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Row::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Row::text(int column) const {
  const unsigned char* data = sqlite3_column_text(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data), size};
}

base::ByteView Row::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  if (data == nullptr) return {};
  return {static_cast<const std::uint8_t*>(data), size};
}

base::Error Row::wrong_size(int column) const {
  const char* name = sqlite3_column_name(statement_, column);
  return base::fail(base::Errc::corrupt, fmt::format("column {} has {} bytes, not what it should",
                                                     name == nullptr ? "?" : name,
                                                     sqlite3_column_bytes(statement_, column)));
}

struct Connection::Cache {
  struct TextHash {
    using is_transparent = void;
    // Most statements differ in their ends, or in their lengths.
    std::size_t operator()(std::string_view text) const {
      const std::string_view end =
          text.substr(text.size() - std::min<std::size_t>(text.size(), 32));
      return std::hash<std::string_view>{}(end) + text.size();
    }
  };
  using Statements = std::vector<sqlite3_stmt*>;
  std::unordered_map<std::string, Statements, TextHash, std::equal_to<>> idle;
  std::size_t count = 0;

  void clear() {
    for (auto& [sql, statements] : idle) {
      for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
    }
    idle.clear();
    count = 0;
  }
};

// One use of a prepared statement: taken from the cache, bound, and returned clean.
class Connection::Use {
 public:
  Use(Connection& connection, std::string_view sql) : connection_(connection), sql_(sql) {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    Cache& cache = *connection_.cache_;
    if (cache.count >= kMaxIdleStatements) {
      sqlite3_finalize(statement_);
      return;
    }
    if (place_ == nullptr) place_ = &cache.idle.try_emplace(std::string(sql_)).first->second;
    place_->push_back(statement_);
    ++cache.count;
  }

  base::Result<> begin(std::span<const Value> values) {
    EDGE_CHECK(prepare());
    if (const int wanted = sqlite3_bind_parameter_count(statement_);
        static_cast<std::size_t>(wanted) != values.size()) {
      return base::fail(base::Errc::internal, fmt::format("a statement wants {} arguments, got {}",
                                                          wanted, values.size()));
    }
    int index = 0;
    for (const Value& value : values) EDGE_CHECK(bind(++index, value));
    return {};
  }

  // True for a row, false at the end.
  base::Result<bool> step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return connection_.error(code, sql_);
  }
  sqlite3_stmt* statement() { return statement_; }

 private:
  base::Result<> prepare() {
    Cache& cache = *connection_.cache_;
    if (const auto found = cache.idle.find(sql_); found != cache.idle.end())
      place_ = &found->second;
    if (place_ != nullptr && !place_->empty()) {
      statement_ = place_->back();
      place_->pop_back();
      --cache.count;
      return {};
    }
    const std::string sql = connection_.with_views(sql_);
    const char* tail = nullptr;
    const int code = sqlite3_prepare_v3(connection_.db_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement_, &tail);
    if (code != SQLITE_OK) return connection_.error(code, sql_);
    if (statement_ == nullptr || tail != sql.data() + sql.size()) {
      return base::fail(base::Errc::internal, "not exactly one statement: " + std::string(sql_));
    }
    return {};
  }

  base::Result<> bind(int index, const Value& value) {
    static constexpr char kEmpty = 0;  // a null pointer would bind NULL instead of an empty value
    const void* data = value.data == nullptr ? &kEmpty : value.data;
    int code = SQLITE_OK;
    switch (value.kind) {
      case Value::Kind::null:
        code = sqlite3_bind_null(statement_, index);
        break;
      case Value::Kind::integer:
        code = sqlite3_bind_int64(statement_, index, value.number);
        break;
      case Value::Kind::text:
        code = sqlite3_bind_text64(statement_, index, static_cast<const char*>(data), value.size,
                                   SQLITE_STATIC, SQLITE_UTF8);
        break;
      case Value::Kind::blob:
        code = sqlite3_bind_blob64(statement_, index, data, value.size, SQLITE_STATIC);
        break;
      case Value::Kind::bad:
        return base::fail(base::Errc::invalid_argument,
                          fmt::format("argument {} of a statement is over 2^63", index));
    }
    if (code != SQLITE_OK) return connection_.error(code, sql_);
    return {};
  }

  Connection& connection_;
  std::string_view sql_;
  Cache::Statements* place_ = nullptr;  // in the cache, where it has one
  sqlite3_stmt* statement_ = nullptr;
};

Connection::Connection(std::string path, ConnectionOptions options)
    : path_(std::move(path)), options_(std::move(options)), cache_(std::make_unique<Cache>()) {}

Connection::~Connection() {
  cache_->clear();
  sqlite3_close_v2(db_);
}

base::Result<> Connection::close(AtClose end) {
  cache_->clear();
  int code = sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code == SQLITE_OK && end == AtClose::sync) {
    sqlite3_file* file = nullptr;
    code = sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code == SQLITE_OK) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  }
  if (code != SQLITE_OK) return error(code, {});
  sqlite3_close_v2(std::exchange(db_, nullptr));
  return {};
}

base::Result<std::unique_ptr<Connection>> Connection::open(const std::string& path,
                                                           ConnectionOptions options) {
  std::unique_ptr<Connection> out(new Connection(path, std::move(options)));
  if (!out->options_.read_only) EDGE_CHECK(make_private_file(path));
  const int flags =
      SQLITE_OPEN_NOMUTEX |
      (out->options_.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  set_up_sqlite();
  const bool syncs = !out->options_.read_only && out->options_.synchronous == Synchronous::full;
  const std::string vfs = syncs ? log_vfs(out->options_.vfs) : out->options_.vfs;
  const int code =
      sqlite3_open_v2(path.c_str(), &out->db_, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) return out->error(code, {});
  if (syncs) drop_log_at_rollback(out->db_);
  EDGE_CHECK(out->set_up());
  return out;
}

base::Result<> Connection::set_up() {
  sqlite3_extended_result_codes(db_, 1);
  sqlite3_busy_timeout(db_, kBusyTimeoutMs);
  if (options_.tolerant && options_.read_only) {
    // Makes SQLite accept a file that is shorter than its header says.
    sqlite3_db_config(db_, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, nullptr);
  } else {
    sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  }
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // Ignores triggers and views that somebody may have put into the file: our own are temporary.
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);  // "x" is never a text
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  EDGE_CHECK(
      script(fmt::format("PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
                         "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-{};",
                         options_.cache_kib)));
  if (options_.read_only) {
    EDGE_CHECK(script("PRAGMA query_only=ON"));
    const auto macs = RowMacs::used_for(path_);
    return macs ? macs->read_by(*this) : base::Result<>();
  }
  const char* synchronous = options_.synchronous == Synchronous::full     ? "FULL"
                            : options_.synchronous == Synchronous::normal ? "NORMAL"
                                                                          : "OFF";
  // Limits the file that a large write leaves behind when the log starts over.
  EDGE_CHECK(
      script(fmt::format("PRAGMA synchronous={}; PRAGMA foreign_keys=ON;"
                         "PRAGMA secure_delete=ON; PRAGMA journal_size_limit={};",
                         synchronous, kLogFileKept)));
  EDGE_TRY(const auto mode, one<std::string>("PRAGMA journal_mode=WAL", [](const Row& row) {
             return std::string(row.text(0));
           }));
  if (mode != "wal") {
    return base::fail(base::Errc::io, path_ +
                                          " is on a file system without the shared memory that "
                                          "SQLite's WAL needs; use a local disk");
  }
  return {};
}

base::Result<std::int64_t> Connection::run_values(std::string_view sql,
                                                  std::span<const Value> values) {
  Use use(*this, sql);
  EDGE_CHECK(use.begin(values));
  for (;;) {
    EDGE_TRY(const bool row, use.step());
    if (!row) return static_cast<std::int64_t>(sqlite3_changes64(db_));
  }
}

base::Result<> Connection::each_value(std::string_view sql, std::span<const Value> values,
                                      void* context, RowCall call) {
  Use use(*this, sql);
  EDGE_CHECK(use.begin(values));
  const Row row(use.statement());
  for (;;) {
    EDGE_TRY(const bool got, use.step());
    if (!got) return {};
    EDGE_TRY(const bool more, call(context, row));
    if (!more) return {};
  }
}

std::string Connection::with_views(std::string_view sql) const {
  auto expanded = views_ ? views_->expand(sql) : std::nullopt;
  return expanded ? *std::move(expanded) : std::string(sql);
}

base::Result<> Connection::script(std::string_view sql) {
  const std::string text(sql);
  const int code = sqlite3_exec(db_, text.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code, sql);
  return {};
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

base::Error Connection::error(int code, std::string_view sql) const {
  const base::Error out =
      db_ == nullptr ? sql_error(code, "", path_, sql)
                     : sql_error(code, sqlite3_errmsg(db_), path_, sql, sqlite3_system_errno(db_));
  if (out.code == base::Errc::corrupt && options_.health != nullptr) {
    options_.health->report_damage(out.message);
  }
  return out;
}

}  // namespace store
