#include "store/salvage_table.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <limits>
#include <memory>

#include "store/sql_error.h"

namespace store {
namespace {

constexpr std::uint64_t kMaxStretches = 100'000;

struct FinalizeSalvage {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
struct FreeValue {
  void operator()(sqlite3_value* value) const { sqlite3_value_free(value); }
};
using SalvageStatement = std::unique_ptr<sqlite3_stmt, FinalizeSalvage>;
using KeyValues = std::vector<std::unique_ptr<sqlite3_value, FreeValue>>;

base::Result<SalvageStatement> prepare(Connection& db, const std::string& sql) {
  sqlite3_stmt* out = nullptr;
  const int code = sqlite3_prepare_v2(db.handle(), sql.c_str(), -1, &out, nullptr);
  if (code != SQLITE_OK) return sql_error(code, sqlite3_errmsg(db.handle()), db.path(), sql);
  return SalvageStatement(out);
}

bool is_broken(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
      return true;
    default:
      return false;
  }
}

KeyValues key_in(sqlite3_stmt* statement, std::size_t columns) {
  KeyValues out;
  for (std::size_t i = 0; i < columns; ++i) {
    out.emplace_back(sqlite3_value_dup(sqlite3_column_value(statement, static_cast<int>(i))));
  }
  return out;
}

// The value `step` beyond this one; nothing for what cannot be counted on from. A blob counts by
// its first eight bytes.
class Beyond {
 public:
  explicit Beyond(sqlite3_value* value) {
    const int type = sqlite3_value_type(value);
    if (type == SQLITE_INTEGER) {
      kind_ = Kind::integer;
      integer_ = sqlite3_value_int64(value);
    } else if (type == SQLITE_BLOB) {
      kind_ = Kind::blob;
      const auto* data = static_cast<const std::uint8_t*>(sqlite3_value_blob(value));
      const int size = sqlite3_value_bytes(value);
      for (int i = 0; i < 8; ++i) blob_ = (blob_ << 8) | (i < size ? data[i] : 0U);
    }
  }

  bool bind(sqlite3_stmt* statement, int index, std::uint64_t step) const {
    switch (kind_) {
      case Kind::integer: {
        constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
        if (step > static_cast<std::uint64_t>(kMost)) return false;
        const auto by = static_cast<std::int64_t>(step);
        if (integer_ > kMost - by) return false;
        return sqlite3_bind_int64(statement, index, integer_ + by) == SQLITE_OK;
      }
      case Kind::blob: {
        const std::uint64_t value = blob_ + step;
        if (value < blob_) return false;
        std::uint8_t bytes[8];
        for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
        return sqlite3_bind_blob(statement, index, bytes, 8, SQLITE_TRANSIENT) == SQLITE_OK;
      }
      case Kind::other:
        return false;
    }
    return false;
  }

 private:
  enum class Kind { other, integer, blob };
  Kind kind_ = Kind::other;
  std::int64_t integer_ = 0;
  std::uint64_t blob_ = 0;
};

class Salvage {
 public:
  Salvage(Connection& from, Connection& to, std::string table, TableKey key)
      : from_(from), to_(to), table_(std::move(table)), key_(std::move(key)) {}

  base::Result<TableReport> run() {
    report_.table = table_;
    EDGE_CHECK(prepare_insert());
    KeyValues start;  // inclusive; empty for the beginning
    for (;;) {
      EDGE_TRY(Scan scan, scan_rows(start, nullptr, true));
      if (!scan.broken) break;
      if (++report_.broken_stretches > kMaxStretches) break;
      if (scan.last.empty()) scan.last = std::move(start);
      // Finds a row somewhere behind the break, and from there the break's far edge.
      KeyValues beyond = find_beyond(scan.last);
      EDGE_CHECK(scan_rows(scan.last, &beyond, false));
      if (beyond.empty()) break;
      start = std::move(beyond);
    }
    count_lost();
    return std::move(report_);
  }

 private:
  struct Scan {
    bool broken = false;
    KeyValues last;  // the key of the last row read
  };

  std::string marks(std::size_t count) const {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += i == 0 ? "?" : ",?";
    return out;
  }

  base::Result<> prepare_insert() {
    EDGE_TRY(const SalvageStatement all,
             prepare(from_, fmt::format("SELECT * FROM \"{}\"", table_)));
    columns_ = static_cast<std::size_t>(sqlite3_column_count(all.get()));
    std::string names;
    for (std::size_t i = 0; i < columns_; ++i) {
      names += fmt::format("{}\"{}\"", i == 0 ? "" : ",",
                           sqlite3_column_name(all.get(), static_cast<int>(i)));
    }
    EDGE_TRY(insert_, prepare(to_, fmt::format("INSERT OR IGNORE INTO \"{}\"({}) VALUES({})",
                                               table_, names, marks(columns_))));
    return {};
  }

  // Forward: all rows from `from` on, inclusive. Backward: the rows before *to (or the end) down to
  // `from`, both exclusive. Ends at the first break.
  base::Result<Scan> scan_rows(const KeyValues& from, const KeyValues* to, bool forward) {
    const std::size_t keys = key_.columns.size();
    std::string where;
    const auto bound = [&](const KeyValues& values, std::string_view op) {
      if (values.empty()) return;
      where += fmt::format("{} ({}) {} ({})", where.empty() ? "WHERE" : " AND", key_.list(keys), op,
                           marks(keys));
    };
    bound(from, forward ? ">=" : ">");
    if (to != nullptr) bound(*to, "<");
    const std::string sql =
        fmt::format("SELECT {},* FROM \"{}\" NOT INDEXED {} ORDER BY {}", key_.list(keys), table_,
                    where, key_.list(forward ? "" : " DESC"));
    Scan out;
    auto prepared = prepare(from_, sql);
    if (!prepared) {
      if (prepared.error().code != base::Errc::corrupt) return std::move(prepared).error();
      out.broken = true;
      return out;
    }
    sqlite3_stmt* rows = prepared->get();
    int index = 0;
    for (const auto& value : from) sqlite3_bind_value(rows, ++index, value.get());
    if (to != nullptr) {
      for (const auto& value : *to) sqlite3_bind_value(rows, ++index, value.get());
    }
    for (;;) {
      const int code = sqlite3_step(rows);
      if (code == SQLITE_DONE) return out;
      if (code != SQLITE_ROW) {
        if (!is_broken(code)) {
          return sql_error(code, sqlite3_errmsg(from_.handle()), from_.path(), sql);
        }
        out.broken = true;
        return out;
      }
      if (forward) out.last = key_in(rows, keys);
      EDGE_CHECK(copy_row(rows, static_cast<int>(keys)));
    }
  }

  base::Result<> copy_row(sqlite3_stmt* row, int first) {
    for (int i = 0; i < static_cast<int>(columns_); ++i) {
      sqlite3_bind_value(insert_.get(), i + 1, sqlite3_column_value(row, first + i));
    }
    const int code = sqlite3_step(insert_.get());
    const bool took = code == SQLITE_DONE && sqlite3_changes(to_.handle()) > 0;
    sqlite3_reset(insert_.get());
    sqlite3_clear_bindings(insert_.get());
    if (took) {
      ++report_.saved;
    } else if (code == SQLITE_DONE || (code & 0xff) == SQLITE_CONSTRAINT) {
      ++refused_;  // damaged content that the schema does not allow, or a doubled row
    } else {
      return sql_error(code, sqlite3_errmsg(to_.handle()), to_.path(), "INSERT INTO " + table_);
    }
    return {};
  }

  // The key of a row that can be read behind the break after `last`, by steps that double; empty
  // when none is found.
  KeyValues find_beyond(const KeyValues& last) {
    if (last.empty()) return {};
    for (std::size_t column = key_.columns.size(); column-- > 0;) {
      const Beyond beyond(last[column].get());
      const std::string sql = fmt::format(
          "SELECT {0} FROM \"{1}\" NOT INDEXED WHERE ({2}) >= ({3}) ORDER BY {0} LIMIT 1",
          key_.list(key_.columns.size()), table_, key_.list(column + 1), marks(column + 1));
      const auto probe = prepare(from_, sql);
      if (!probe) return {};
      for (std::size_t i = 0; i < column; ++i) {
        sqlite3_bind_value(probe->get(), static_cast<int>(i) + 1, last[i].get());
      }
      for (std::uint64_t step = 1; step != 0; step *= 2) {
        if (!beyond.bind(probe->get(), static_cast<int>(column) + 1, step)) break;
        const int code = sqlite3_step(probe->get());
        if (code == SQLITE_ROW) return key_in(probe->get(), key_.columns.size());
        sqlite3_reset(probe->get());
        if (code == SQLITE_DONE) return {};  // nothing behind: what is left is found from the end
      }
    }
    return {};
  }

  // An intact index has the number of rows.
  void count_lost() {
    if (report_.broken_stretches == 0) {
      report_.lost = refused_;
      return;
    }
    const auto counted = from_.integer(fmt::format("SELECT count(*) FROM \"{}\"", table_));
    if (!counted || !*counted) return;
    const auto rows = static_cast<std::uint64_t>(**counted);
    if (rows >= report_.saved) report_.lost = rows - report_.saved;
  }

  Connection& from_;
  Connection& to_;
  const std::string table_;
  const TableKey key_;
  TableReport report_;
  SalvageStatement insert_;
  std::size_t columns_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace

std::string TableKey::list(std::string_view after_each) const {
  return list(columns.size(), after_each);
}

std::string TableKey::list(std::size_t first, std::string_view after_each) const {
  std::string out;
  for (std::size_t i = 0; i < first; ++i) {
    out += fmt::format("{}{}{}", i == 0 ? "" : ",", columns[i], after_each);
  }
  return out;
}

base::Result<TableKey> key_of(Connection& db, std::string_view table) {
  TableKey out;
  EDGE_TRY(const auto without_rowid,
           db.integer("SELECT wr FROM pragma_table_list WHERE schema='main' AND name=?", table));
  if (without_rowid.value_or(0) == 0) {
    out.columns.emplace_back("rowid");
    return out;
  }
  EDGE_CHECK(db.each(
      "SELECT name FROM pragma_table_info(?) WHERE pk>0 ORDER BY pk",
      [&](const Row& row) { out.columns.push_back(fmt::format("\"{}\"", row.text(0))); }, table));
  return out;
}

base::Result<TableReport> salvage_table(Connection& from, Connection& to,
                                        const std::string& table) {
  EDGE_TRY(TableKey key, key_of(from, table));
  return Salvage(from, to, table, std::move(key)).run();
}

}  // namespace store
