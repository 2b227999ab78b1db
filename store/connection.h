// Connection: one connection to the store's SQLite database, with its prepared statements kept.
//
//   EDGE_TRY(auto changed, db.run("UPDATE chat SET visibility=? WHERE account_id=? AND id=?",
//                                 1, account, chat));
//   EDGE_TRY(auto name, db.one<std::string>("SELECT name FROM t WHERE id=?",
//                                           [](const Row& row) { return std::string(row.text(0));
//                                           }, id));
//   EDGE_CHECK(db.each("SELECT id FROM chat", [&](const Row& row) { ... }));
//
// A Connection is used by one thread at a time. Arguments are integers, bool, enums, text
// (std::string_view, may hold NULs), blobs (ByteView, Bytes, byte arrays), ids, std::nullopt and
// optionals of these; they are borrowed for the call. A failed bind is an error. Statements may be
// used while they are already running (each use takes an instance of its own), so a callback may
// call the connection again. Text must be the same literal each time to profit from the cache.
//
// Errors: Errc::exhausted when the disk is full, Errc::corrupt for damage (naming the table where
// it is known; it is also reported to Options::health), Errc::already_exists for a violated key,
// Errc::io when the system refuses, Errc::unavailable when another process holds the database.
// Their texts never hold arguments.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace store {

class CheckedViews;
class Health;

// One row of a running query; views are valid during the callback only.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  bool boolean(int column) const { return integer(column) != 0; }
  std::string_view text(int column) const;
  base::ByteView blob(int column) const;
  base::Bytes bytes(int column) const { return base::to_bytes(blob(column)); }
  template <class Id>
  Id id(int column) const {
    return Id(static_cast<typename Id::rep>(integer(column)));
  }
  template <class Enum>
  requires std::is_enum_v<Enum> Enum enumerator(int column)
  const { return static_cast<Enum>(integer(column)); }
  // Nothing where the column is NULL.
  std::optional<std::int64_t> maybe_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
  template <class Id>
  std::optional<Id> maybe_id(int column) const {
    return is_null(column) ? std::nullopt : std::optional(id<Id>(column));
  }
  // The blob as an array; a blob of another size is an Errc::corrupt.
  template <std::size_t N>
  base::Result<std::array<std::uint8_t, N>> array(int column) const {
    const base::ByteView view = blob(column);
    if (view.size() != N) return wrong_size(column);
    std::array<std::uint8_t, N> out{};
    for (std::size_t i = 0; i < N; ++i) out[i] = view[i];
    return out;
  }

 private:
  base::Error wrong_size(int column) const;
  sqlite3_stmt* statement_;
};

// An argument of a statement; made implicitly from the types named above.
struct Value {
  enum class Kind : std::uint8_t { null, integer, text, blob, bad };
  Kind kind = Kind::null;
  std::int64_t number = 0;
  const void* data = nullptr;
  std::size_t size = 0;

  Value(std::nullopt_t = std::nullopt) {}  // NOLINT: arguments convert
  template <std::integral T>
  Value(T v) : kind(Kind::integer), number(static_cast<std::int64_t>(v)) {  // NOLINT
    if constexpr (std::is_unsigned_v<T> && sizeof(T) == 8) {
      if (number < 0) kind = Kind::bad;
    }
  }
  template <class T>
  requires std::is_enum_v<T> Value(T v)  // NOLINT
      : Value(static_cast<std::underlying_type_t<T>>(v)) {}
  template <class Tag, class Rep>
  Value(base::Id<Tag, Rep> id) : Value(id.value) {}  // NOLINT
  Value(std::string_view v)                          // NOLINT
      : kind(Kind::text), data(v.data()), size(v.size()) {}
  Value(const std::string& v) : Value(std::string_view(v)) {}                    // NOLINT
  Value(const char* v) : Value(std::string_view(v)) {}                           // NOLINT
  Value(base::ByteView v) : kind(Kind::blob), data(v.data()), size(v.size()) {}  // NOLINT
  template <class Allocator>
  Value(const std::vector<std::uint8_t, Allocator>& v) : Value(base::ByteView(v)) {}  // NOLINT
  template <std::size_t N>
  Value(const std::array<std::uint8_t, N>& v) : Value(base::ByteView(v)) {}  // NOLINT
  template <class T>
  Value(const std::optional<T>& v) : Value(v ? Value(*v) : Value()) {}  // NOLINT
};

inline constexpr int kBusyTimeoutMs = 5000;  // how long another connection's lock is waited for

enum class Synchronous { off, normal, full };  // `off` is for tests that must lose data

enum class AtClose { leave, sync };

struct ConnectionOptions {
  bool read_only = false;
  bool tolerant = false;  // with read_only: reads what there is of a truncated database
  Synchronous synchronous = Synchronous::full;
  std::string vfs = {};      // a registered SQLite VFS; "" the system's
  int cache_kib = 512;       // most memory for cached pages
  Health* health = nullptr;  // damage is reported to it; outlives the connection
};

class Connection {
 public:
  // Opens, and makes when it is missing and not read_only (mode 0600).
  static base::Result<std::unique_ptr<Connection>> open(const std::string& path,
                                                        ConnectionOptions options = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs to the end. The number of rows inserted, updated or deleted.
  template <class... A>
  base::Result<std::int64_t> run(std::string_view sql, const A&... args) {
    const std::array<Value, sizeof...(A)> values{Value(args)...};
    return run_values(sql, values);
  }

  // Calls row_fn(const Row&) for each row; it returns nothing or a Result<>, whose error ends the
  // query and is the answer.
  template <class F, class... A>
  base::Result<> each(std::string_view sql, F&& row_fn, const A&... args) {
    const std::array<Value, sizeof...(A)> values{Value(args)...};
    auto call = [](void* f, const Row& row) -> base::Result<bool> {
      auto& fn = *static_cast<std::remove_reference_t<F>*>(f);
      if constexpr (std::is_void_v<std::invoke_result_t<F&, const Row&>>) {
        fn(row);
      } else {
        EDGE_CHECK(fn(row));
      }
      return true;
    };
    return each_value(sql, values, erased(row_fn), call);
  }

  // The first row as read_row(const Row&) makes it (a T or a Result<T>); nothing when there is
  // none.
  template <class T, class F, class... A>
  base::Result<std::optional<T>> one(std::string_view sql, F&& read_row, const A&... args) {
    const std::array<Value, sizeof...(A)> values{Value(args)...};
    std::optional<T> out;
    auto take = [&](const Row& row) -> base::Result<bool> {
      if constexpr (std::is_convertible_v<std::invoke_result_t<F&, const Row&>, T>) {
        out.emplace(read_row(row));
      } else {
        EDGE_TRY(out, read_row(row));
      }
      return false;
    };
    auto call = [](void* f, const Row& row) { return (*static_cast<decltype(take)*>(f))(row); };
    EDGE_CHECK(each_value(sql, values, &take, call));
    return out;
  }
  // The first column of the first row as an integer. Nothing: there is no row, or it is NULL, as
  // the min() and sum() of no rows are.
  template <class... A>
  base::Result<std::optional<std::int64_t>> integer(std::string_view sql, const A&... args) {
    using Found = std::optional<std::int64_t>;
    EDGE_TRY(const auto row,
             one<Found>(
                 sql, [](const Row& first) { return first.maybe_integer(0); }, args...));
    return row.value_or(Found());
  }

  // Several statements without arguments (migrations, PRAGMAs); not cached.
  base::Result<> script(std::string_view sql);

  // Moves the write-ahead log into the database and closes, saying whether all went well; nothing
  // else may be called afterwards. Dropping a Connection closes it too and says nothing. `sync`:
  // the database is on the disk then, however its commits were (Synchronous::off).
  base::Result<> close(AtClose end = AtClose::leave);

  // From now on statements may name these.
  void use_views(std::shared_ptr<const CheckedViews> views) { views_ = std::move(views); }
  // A statement as SQLite gets it, for those who prepare it themselves.
  std::string with_views(std::string_view sql) const;

  bool in_transaction() const;
  const std::string& path() const { return path_; }
  const ConnectionOptions& options() const { return options_; }
  sqlite3* handle() { return db_; }  // within store/ only

 private:
  class Use;
  struct Cache;
  using RowCall = base::Result<bool> (*)(void*, const Row&);  // false: no more rows, please

  Connection(std::string path, ConnectionOptions options);
  template <class F>
  static void* erased(F& f) {
    return const_cast<void*>(static_cast<const void*>(&f));
  }
  base::Result<> set_up();
  base::Result<std::int64_t> run_values(std::string_view sql, std::span<const Value> values);
  base::Result<> each_value(std::string_view sql, std::span<const Value> values, void* context,
                            RowCall call);
  base::Error error(int code, std::string_view sql) const;

  std::string path_;
  ConnectionOptions options_;
  sqlite3* db_ = nullptr;
  std::unique_ptr<Cache> cache_;
  std::shared_ptr<const CheckedViews> views_;
};

}  // namespace store
