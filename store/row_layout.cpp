#include "store/row_layout.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

#include "store/layout_text.h"
#include "store/own_tables.h"
#include "store/sql_error.h"
#include "store/sqlite_library.h"

namespace store {
namespace {

struct LeftOut {
  std::string_view table;
  std::string_view column;
};

// The associated data of the sealed ones names their row, and lists would have to load them. An
// envelope opens in its session alone, and there once.
constexpr std::array kLeftOut{LeftOut{"message", "sealed"}, LeftOut{"chat_group", "state_sealed"},
                              LeftOut{"outbox", "envelope"},
                              LeftOut{"parked_envelope", "envelope"}};

constexpr std::string_view kMac = "mac";
constexpr int kSealHead = 1 + 24;  // version and nonce (crypto/seal.h)

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};
struct FinalizeLayout {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using LayoutStatement = std::unique_ptr<sqlite3_stmt, FinalizeLayout>;

bool is_sealed(std::string_view column) {
  return column == "sealed" || column.ends_with("_sealed");
}

bool is_left_out(std::string_view table, std::string_view column) {
  return column == kMac || std::any_of(kLeftOut.begin(), kLeftOut.end(), [&](const LeftOut& one) {
           return one.table == table && one.column == column;
         });
}

base::Error failed(sqlite3* db, int code, std::string_view sql) {
  return sql_error(code, sqlite3_errmsg(db), "the schema in memory", sql);
}

base::Result<> run_script(sqlite3* db, std::string_view sql) {
  const int code = sqlite3_exec(db, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed(db, code, sql);
  return {};
}

template <class F>
base::Result<> each(sqlite3* db, const std::string& sql, F&& row_fn) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(db, sql.c_str(), -1, &raw, nullptr);
  const LayoutStatement statement(raw);
  if (code != SQLITE_OK) return failed(db, code, sql);
  int stepped = SQLITE_ROW;
  while ((stepped = sqlite3_step(raw)) == SQLITE_ROW) row_fn(Row(raw), raw);
  if (stepped != SQLITE_DONE) return failed(db, stepped, sql);
  return {};
}

// Comments, quotes and blanks differ between versions of this program and of SQLite.
std::string normalised(std::string_view sql) {
  std::string out;
  bool in_text = false;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    const char c = sql[i];
    if (c == '\'') in_text = !in_text;
    if (!in_text && c == '-' && sql.substr(i, 2) == "--") {
      i = std::min(sql.find('\n', i), sql.size());
      continue;
    }
    if (!in_text && (c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '"')) {
      const bool word = !out.empty() && out.back() != ' ' && out.back() != '(' && out.back() != ',';
      if (c != '"' && word) out += ' ';
      continue;
    }
    const bool joins = c == ')' || c == ',' || c == '(';
    if (!in_text && joins && !out.empty() && out.back() == ' ') out.pop_back();
    out += c;
  }
  return out;
}

constexpr std::string_view kSchemaSql =
    "SELECT name, type, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%'"
    " ESCAPE '\\' ORDER BY name";

SchemaItem item_of(const Row& row) {
  return {std::string(row.text(0)), std::string(row.text(1)) + " " + normalised(row.text(2))};
}

// A database in memory with these tables.
base::Result<Database> database_of(std::span<const Migration> steps, bool by_steps) {
  sqlite3* raw = nullptr;
  set_up_sqlite();
  const int code = sqlite3_open(":memory:", &raw);
  Database db(raw);
  if (code != SQLITE_OK) return failed(raw, code, "open");
  EDGE_CHECK(run_script(raw, "BEGIN"));
  if (!by_steps && !steps.empty() && !steps.back().whole.empty()) {
    EDGE_CHECK(run_script(raw, steps.back().whole));
    return db;
  }
  EDGE_CHECK(run_script(raw, own_tables_sql()));
  for (const Migration& step : steps) {
    EDGE_CHECK(run_script(raw, step.sql));
    EDGE_CHECK(run_script(raw, step.end_sql));
  }
  return db;
}

struct TableColumn {
  std::string name;
  bool in_key = false;
  std::string default_value;
};
using Tables = std::map<std::string, std::vector<TableColumn>>;

base::Result<Tables> all_columns(sqlite3* db) {
  Tables tables;
  EDGE_CHECK(each(db,
                  "SELECT t.name, c.name, c.pk > 0, c.dflt_value FROM sqlite_schema AS t"
                  " JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table'"
                  " ORDER BY t.name, c.cid",
                  [&](const Row& row, sqlite3_stmt*) {
                    tables[std::string(row.text(0))].push_back(
                        {std::string(row.text(1)), row.boolean(2), std::string(row.text(3))});
                  }));
  return tables;
}

base::Result<std::set<std::string>> names_of(sqlite3* db, const std::string& sql) {
  std::set<std::string> found;
  EDGE_CHECK(each(db, sql, [&](const Row& row, sqlite3_stmt*) { found.emplace(row.text(0)); }));
  return found;
}

// Columns behind the MAC came with later steps than it did; rows of before have their defaults.
base::Result<std::vector<RowColumn>> mac_columns(sqlite3* db, const std::string& table,
                                                 const std::vector<TableColumn>& columns) {
  std::vector<RowColumn> out;
  bool added = false;
  for (const TableColumn& column : columns) {
    if (column.name == kMac) added = true;
    if (is_left_out(table, column.name)) continue;
    RowColumn& covered = out.emplace_back();
    covered.name = column.name;
    covered.sealed = is_sealed(column.name);
    if (!added || column.default_value.empty()) continue;
    EDGE_CHECK(each(db, "SELECT " + column.default_value, [&](const Row&, sqlite3_stmt* statement) {
      RowText value;
      if (write_value(value, sqlite3_column_value(statement, 0), covered.sealed)) {
        covered.left_out_value = base::to_bytes(value.view());
      }
    }));
  }
  return out;
}

}  // namespace

bool write_value(RowText& out, sqlite3_value* value, bool sealed) {
  const auto put_sized = [&](char kind, const void* data, int size) {
    out.add_number<1>(static_cast<std::uint8_t>(kind));
    out.add_number<4>(static_cast<std::uint32_t>(size));
    out.add({static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)});
  };
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      out.add_number<1>('i');
      out.add_number<8>(static_cast<std::uint64_t>(sqlite3_value_int64(value)));
      return true;
    case SQLITE_BLOB: {
      const void* data = sqlite3_value_blob(value);
      const int size = sqlite3_value_bytes(value);
      put_sized('b', data, sealed ? std::min(size, kSealHead) : size);
      return true;
    }
    case SQLITE_TEXT: {
      const void* data = sqlite3_value_text(value);
      put_sized('t', data, sqlite3_value_bytes(value));
      return true;
    }
    case SQLITE_FLOAT: {  // no STRICT table of this schema has such a column
      const void* data = sqlite3_value_text(value);
      put_sized('f', data, sqlite3_value_bytes(value));
      return true;
    }
    default:
      return false;
  }
}

std::int64_t row_mac_step(std::span<const Migration> steps) {
  for (const Migration& step : steps) {
    if (step.sql.find(" ADD COLUMN mac ") != std::string_view::npos) return step.number;
  }
  return 0;
}

namespace {

base::Result<SchemaLayout> layout_in(sqlite3* db) {
  SchemaLayout out;
  EDGE_CHECK(each(db, std::string(kSchemaSql),
                  [&](const Row& row, sqlite3_stmt*) { out.items.push_back(item_of(row)); }));
  EDGE_TRY(const Tables tables, all_columns(db));
  EDGE_TRY(
      const auto of_accounts,
      names_of(db,
               "SELECT t.name FROM sqlite_schema AS t JOIN pragma_foreign_key_list(t.name) AS f"
               " WHERE t.type = 'table' AND f.\"table\" = 'account' AND f.\"from\" ="
               " 'account_id'"));
  EDGE_TRY(const auto without_rowid, names_of(db, "SELECT name FROM pragma_table_list WHERE wr"));
  for (const auto& [name, columns] : tables) {
    const bool has_mac = std::any_of(columns.begin(), columns.end(),
                                     [](const TableColumn& one) { return one.name == kMac; });
    if (!has_mac) continue;
    RowLayout& table = out.tables.emplace_back();
    table.table = name;
    if (of_accounts.contains(name)) table.owner = "account_id";
    if (name == "account") table.owner = "uuid";
    if (!without_rowid.contains(name)) table.key.emplace_back("rowid");
    for (const TableColumn& column : columns) {
      if (column.in_key && without_rowid.contains(name)) table.key.push_back(column.name);
    }
    EDGE_TRY(table.columns, mac_columns(db, name, columns));
  }
  return out;
}

}  // namespace

base::Result<SchemaLayout> layout_of(std::span<const Migration> steps) {
  if (!steps.empty() && !steps.back().layout.empty()) {
    return layout_from(steps.back().layout, steps.back().whole);
  }
  EDGE_TRY(const Database db, database_of(steps, false));
  return layout_in(db.get());
}

base::Result<std::string> whole_schema(std::span<const Migration> steps) {
  EDGE_TRY(const Database db, database_of(steps, true));
  std::string out;
  EDGE_CHECK(each(db.get(),
                  "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE"
                  " 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
                  [&](const Row& row, sqlite3_stmt*) { out += normalised(row.text(0)) + ";\n"; }));
  return out;
}

base::Result<std::vector<SchemaItem>> schema_items(Connection& db) {
  std::vector<SchemaItem> items;
  EDGE_CHECK(db.each(kSchemaSql, [&](const Row& row) { items.push_back(item_of(row)); }));
  return items;
}

}  // namespace store
