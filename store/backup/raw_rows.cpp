#include "store/backup/raw_rows.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/wire.h"
#include "store/backup/record_stream.h"
#include "store/sql_error.h"

namespace store::backup {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxColumns = 256;

enum class ValueType : std::uint8_t { null = 0, integer = 1, text = 2, blob = 3 };

struct FinalizeRaw {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

base::Error sql_failed(Connection& db, int code, std::string_view sql) {
  return sql_error(code, sqlite3_errmsg(db.handle()), db.path(), sql);
}

void append_value(base::WireWriter& out, sqlite3_stmt* row, int column) {
  const auto bytes = [&](const void* data) {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
    out.bytes({static_cast<const std::uint8_t*>(data), size});
  };
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
      out.u8(static_cast<std::uint8_t>(ValueType::integer));
      out.i64(sqlite3_column_int64(row, column));
      return;
    case SQLITE_BLOB:
      out.u8(static_cast<std::uint8_t>(ValueType::blob));
      bytes(sqlite3_column_blob(row, column));
      return;
    case SQLITE_NULL:
      out.u8(static_cast<std::uint8_t>(ValueType::null));
      return;
    default:
      out.u8(static_cast<std::uint8_t>(ValueType::text));
      bytes(sqlite3_column_text(row, column));
      return;
  }
}

}  // namespace

base::Bytes write_table(const CarriedTable& table) {
  base::WireWriter out;
  out.text(table.name).u16(static_cast<std::uint16_t>(table.columns.size()));
  for (const std::string& column : table.columns) out.text(column);
  return out.take();
}

base::Result<CarriedTable> read_table(base::ByteView payload,
                                      const std::vector<CarriedTable>& known) {
  base::WireReader in(payload);
  CarriedTable table;
  table.name = in.text(kMaxName);
  const std::size_t columns = in.u16();
  if (columns > kMaxColumns) in.refuse();
  for (std::size_t i = 0; in.ok() && i < columns; ++i) table.columns.push_back(in.text(kMaxName));
  if (!in.done() || table.columns.empty()) return damaged("it holds no table where one should be");
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const CarriedTable& one) { return one.name == table.name; });
  if (found == known.end()) return damaged("it holds a table of another name");
  table.has_mac = found->has_mac;
  std::vector<std::string> sorted = table.columns;
  std::sort(sorted.begin(), sorted.end());
  const bool twice = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  const bool all_known = std::all_of(sorted.begin(), sorted.end(), [&](const std::string& one) {
    return std::find(found->columns.begin(), found->columns.end(), one) != found->columns.end();
  });
  if (twice || !all_known) return damaged("a table in it has other columns");
  return table;
}

base::Result<> read_rows(Connection& db, const std::string& sql, base::AccountId account,
                         EachRow each) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(db.handle(), db.with_views(sql).c_str(), -1, &raw, nullptr);
  const std::unique_ptr<sqlite3_stmt, FinalizeRaw> statement(raw);
  if (code != SQLITE_OK) return sql_failed(db, code, sql);
  sqlite3_bind_int64(raw, 1, account.value);
  const int columns = sqlite3_column_count(raw);
  while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
    base::WireWriter out;
    for (int column = 0; column < columns; ++column) append_value(out, raw, column);
    EDGE_CHECK(each(out.view()));
  }
  if (code != SQLITE_DONE) return sql_failed(db, code, sql);
  return {};
}

RowInserter::RowInserter(Connection& db, sqlite3_stmt* statement, CarriedTable table,
                         base::AccountId account)
    : db_(&db), statement_(statement), table_(std::move(table)), account_(account) {}

RowInserter::RowInserter(RowInserter&& other) noexcept
    : db_(other.db_),
      statement_(std::exchange(other.statement_, nullptr)),
      table_(std::move(other.table_)),
      account_(other.account_) {}

RowInserter::~RowInserter() { sqlite3_finalize(statement_); }

base::Result<RowInserter> RowInserter::prepare(Connection& db, const CarriedTable& table,
                                               base::AccountId account) {
  std::string columns = "account_id";
  std::string marks = "?";
  for (const std::string& column : table.columns) {
    columns += ", " + column;
    marks += ", ?";
  }
  // Triggers find a table by its name without a schema; they make the row's MAC.
  const std::string sql =
      fmt::format("INSERT INTO main.{}({}) VALUES({})", table.name, columns, marks);
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(db.handle(), sql.c_str(), -1, &statement, nullptr);
  if (code != SQLITE_OK) return sql_failed(db, code, sql);
  return RowInserter(db, statement, table, account);
}

base::Result<> RowInserter::insert(base::ByteView row) {
  base::WireReader in(row);
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  sqlite3_bind_int64(statement_, 1, account_.value);
  for (std::size_t i = 0; i < table_.columns.size(); ++i) {
    const int place = static_cast<int>(i) + 2;
    const std::uint8_t type = in.u8();
    switch (static_cast<ValueType>(type)) {
      case ValueType::null:
        break;
      case ValueType::integer:
        sqlite3_bind_int64(statement_, place, in.i64());
        break;
      case ValueType::text: {
        const base::ByteView text = in.bytes(kMaxRecord);
        sqlite3_bind_text64(statement_, place, base::as_text(text).data(), text.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8);
        break;
      }
      case ValueType::blob: {
        const base::ByteView blob = in.bytes(kMaxRecord);
        // SQLite would bind a null pointer as NULL.
        if (blob.empty()) {
          sqlite3_bind_zeroblob(statement_, place, 0);
        } else {
          sqlite3_bind_blob64(statement_, place, blob.data(), blob.size(), SQLITE_TRANSIENT);
        }
        break;
      }
      default:
        in.refuse();
    }
  }
  if (!in.done()) return damaged("a row in it has another form");
  const int code = sqlite3_step(statement_);
  sqlite3_reset(statement_);
  if (code == SQLITE_DONE) return {};
  if ((code & 0xff) == SQLITE_CONSTRAINT || (code & 0xff) == SQLITE_MISMATCH) {
    return damaged("a row of " + table_.name + " in it does not fit");
  }
  return sql_failed(*db_, code, "INSERT INTO " + table_.name);
}

}  // namespace store::backup
