#include "store/row_macs.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "base/log.h"
#include "base/mutex.h"
#include "crypto/wiping.h"
#include "store/sql_error.h"

namespace store {
namespace {

constexpr std::string_view kCounters = "counter";
constexpr std::int64_t kRowsAtOnce = 50'000;  // of a table whose MACs are made

// What the SQL functions of one connection have.
struct Functions {
  const Vault& vault;
  std::span<const RowLayout> tables;
  std::map<std::int64_t, AccountKey> keys = {};  // by account id
  AccountKey named_key = {};                     // of the account whose uuid was given last
  RowText row = {};
};

Functions& functions_of(sqlite3_context* context) {
  return *static_cast<Functions*>(sqlite3_user_data(context));
}

std::optional<Uuid> uuid_in(const void* data, int size) {
  Uuid uuid{};
  if (size != static_cast<int>(uuid.size())) return std::nullopt;
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  std::copy(bytes, bytes + size, uuid.begin());
  return uuid;
}

std::optional<Uuid> uuid_of_account(sqlite3* db, std::int64_t account) {
  sqlite3_stmt* statement = nullptr;
  std::optional<Uuid> uuid;
  if (sqlite3_prepare_v2(db, "SELECT uuid FROM main.account WHERE id = ?", -1, &statement,
                         nullptr) == SQLITE_OK &&
      sqlite3_bind_int64(statement, 1, account) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW) {
    const void* data = sqlite3_column_blob(statement, 0);
    uuid = uuid_in(data, sqlite3_column_bytes(statement, 0));
  }
  sqlite3_finalize(statement);
  return uuid;
}

// Null when the owner is no account; good until the next call.
const AccountKey* key_of(sqlite3_context* context, sqlite3_value* owner) {
  Functions& functions = functions_of(context);
  if (sqlite3_value_type(owner) == SQLITE_NULL) return &functions.vault.store_wide();
  if (sqlite3_value_type(owner) == SQLITE_BLOB) {
    functions.keys.clear();  // an account was made, or undone and made again under its number
    const void* data = sqlite3_value_blob(owner);
    const auto uuid = uuid_in(data, sqlite3_value_bytes(owner));
    if (!uuid) return nullptr;
    functions.named_key = functions.vault.account(*uuid);
    return &functions.named_key;
  }
  const std::int64_t account = sqlite3_value_int64(owner);
  if (const auto found = functions.keys.find(account); found != functions.keys.end()) {
    return &found->second;
  }
  const auto uuid = uuid_of_account(sqlite3_context_db_handle(context), account);
  if (!uuid) return nullptr;
  return &functions.keys.emplace(account, functions.vault.account(*uuid)).first->second;
}

void add_name(RowText& out, std::string_view name) {
  out.add_number<1>(name.size());
  out.add(base::as_bytes(name));
}

// The MAC of table number, owner and the covered columns; nothing for rows of no account.
std::optional<Vault::Lookup> mac_of(sqlite3_context* context, sqlite3_value* table,
                                    sqlite3_value* owner, std::span<sqlite3_value*> values) {
  Functions& functions = functions_of(context);
  const auto number = static_cast<std::size_t>(sqlite3_value_int64(table));
  if (number >= functions.tables.size()) return std::nullopt;
  const RowLayout& layout = functions.tables[number];
  if (layout.columns.size() != values.size()) return std::nullopt;
  const AccountKey* const key = key_of(context, owner);
  if (key == nullptr) return std::nullopt;
  RowText& row = functions.row;
  row.clear();
  add_name(row, layout.table);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const RowColumn& column = layout.columns[i];
    const std::size_t begin = row.size();
    add_name(row, column.name);
    const std::size_t value = row.size();
    if (!write_value(row, values[i], column.sealed) ||
        (column.left_out_value &&
         std::ranges::equal(row.view(value), base::ByteView(*column.left_out_value)))) {
      row.shorten(begin);
    }
  }
  return functions.vault.lookup(*key, "row mac", row.view());
}

// row_mac(table, owner, column…)
void sql_row_mac(sqlite3_context* context, int count, sqlite3_value** values) {
  const std::span all(values, static_cast<std::size_t>(count));
  const auto mac = count < 2 ? std::nullopt : mac_of(context, all[0], all[1], all.subspan(2));
  if (!mac) return sqlite3_result_zeroblob(context, sizeof(Vault::Lookup));
  sqlite3_result_blob(context, mac->data(), static_cast<int>(mac->size()), SQLITE_TRANSIENT);
}

// row_intact(mac, table, owner, column…)
void sql_row_intact(sqlite3_context* context, int count, sqlite3_value** values) {
  const std::span all(values, static_cast<std::size_t>(count));
  bool intact = false;
  if (count >= 3 && sqlite3_value_type(all[0]) == SQLITE_BLOB) {
    const auto mac = mac_of(context, all[1], all[2], all.subspan(3));
    const auto* stored = static_cast<const std::uint8_t*>(sqlite3_value_blob(all[0]));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(all[0]));
    intact = mac && crypto::equal_ct(*mac, base::ByteView(stored, size));
  }
  sqlite3_result_int(context, intact ? 1 : 0);
}

// The arguments of both functions: number of the table, owner, covered columns.
std::string arguments(std::span<const RowLayout> tables, std::size_t number,
                      std::string_view prefix) {
  const RowLayout& layout = tables[number];
  std::string out = fmt::format("{}, {}", number,
                                layout.owner.empty() ? "NULL" : std::string(prefix) + layout.owner);
  for (const RowColumn& column : layout.columns) out += fmt::format(", {}{}", prefix, column.name);
  return out;
}

std::string key_condition(const RowLayout& layout) {
  std::string out;
  for (const std::string& column : layout.key) {
    out += fmt::format("{}{} = NEW.{}", out.empty() ? "" : " AND ", column, column);
  }
  return out;
}

std::string covered_columns(const RowLayout& layout) {
  std::string out;
  for (const RowColumn& column : layout.columns) {
    out += (out.empty() ? "" : ", ") + column.name;
  }
  return out;
}

// Of the stores that are open.
class InUse {
 public:
  void add(const std::string& path, std::shared_ptr<const RowMacs> macs) {
    base::Lock lock(mutex_);
    by_path_[path] = std::move(macs);
  }
  void remove(const std::string& path) {
    base::Lock lock(mutex_);
    by_path_.erase(path);
  }
  std::shared_ptr<const RowMacs> find(const std::string& path) {
    base::Lock lock(mutex_);
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? nullptr : found->second;
  }

 private:
  base::Mutex mutex_;
  std::map<std::string, std::shared_ptr<const RowMacs>> by_path_ GUARDED_BY(mutex_);
};

InUse& in_use() {
  static InUse all;
  return all;
}

std::shared_ptr<const CheckedViews> views_of(std::span<const RowLayout> tables) {
  auto views = std::make_shared<CheckedViews>();
  for (std::size_t number = 0; number < tables.size(); ++number) {
    views->add(tables[number].table,
               fmt::format("SELECT *, row_intact(mac, {}) AS intact FROM main.{}",
                           arguments(tables, number, ""), tables[number].table));
  }
  return views;
}

}  // namespace

RowMacs::RowMacs(SchemaLayout layout, const Vault& vault)
    : layout_(std::move(layout)), views_(views_of(layout_.tables)), vault_(vault) {}

std::shared_ptr<void> RowMacs::use_for(const std::string& path,
                                       std::shared_ptr<const RowMacs> macs) {
  in_use().add(path, std::move(macs));
  return std::shared_ptr<void>(nullptr, [path](void*) { in_use().remove(path); });
}

std::shared_ptr<const RowMacs> RowMacs::used_for(const std::string& path) {
  return in_use().find(path);
}

base::Result<std::shared_ptr<const RowMacs>> RowMacs::of(std::span<const Migration> steps,
                                                         const Vault& vault) {
  EDGE_TRY(SchemaLayout layout, layout_of(steps));
  return of(std::move(layout), vault);
}

std::shared_ptr<const RowMacs> RowMacs::of(SchemaLayout layout, const Vault& vault) {
  return std::shared_ptr<const RowMacs>(new RowMacs(std::move(layout), vault));
}

base::Result<> RowMacs::check_tables(Connection& db) const {
  EDGE_TRY(const auto items, schema_items(db));
  if (items == layout_.items) return {};
  const auto differing = [&]() -> std::string {
    for (const SchemaItem& item : items) {
      if (std::find(layout_.items.begin(), layout_.items.end(), item) == layout_.items.end()) {
        return item.name;
      }
    }
    for (const SchemaItem& item : layout_.items) {
      if (std::find(items.begin(), items.end(), item) == items.end()) return item.name;
    }
    return "";
  };
  return base::fail(base::Errc::forbidden,
                    db.path() + " was changed by another program: " + differing() +
                        " is not as this version makes it; restore a backup of the folder");
}

base::Result<> RowMacs::add_functions(Connection& db) const {
  const auto add = [&](const char* name,
                       void (*call)(sqlite3_context*, int, sqlite3_value**)) -> base::Result<> {
    auto functions =
        std::make_unique<Functions>(Functions{.vault = vault_, .tables = layout_.tables});
    // Direct only: nothing that the file's own schema defines may call them.
    const int code = sqlite3_create_function_v2(
        db.handle(), name, -1, SQLITE_UTF8 | SQLITE_DIRECTONLY | SQLITE_DETERMINISTIC,
        functions.release(), call, nullptr, nullptr,
        [](void* gone) { delete static_cast<Functions*>(gone); });
    if (code != SQLITE_OK) return sql_error(code, sqlite3_errmsg(db.handle()), db.path(), name);
    return {};
  };
  EDGE_CHECK(add("row_mac", sql_row_mac));
  return add("row_intact", sql_row_intact);
}

base::Result<> RowMacs::read_by(Connection& db) const {
  EDGE_CHECK(add_functions(db));
  db.use_views(views_);
  return {};
}

std::string RowMacs::triggers_of(std::size_t table) const {
  const RowLayout& layout = layout_.tables[table];
  const std::string now = arguments(layout_.tables, table, "NEW.");
  const std::string before = arguments(layout_.tables, table, "OLD.");
  return fmt::format(
      "CREATE TEMP TRIGGER row_mac_new_{0} AFTER INSERT ON main.{0} BEGIN"
      " UPDATE {0} SET mac = row_mac({1}) WHERE {2}; END;"
      "CREATE TEMP TRIGGER row_mac_changed_{0} AFTER UPDATE OF {3} ON main.{0} BEGIN"
      " UPDATE {0} SET mac = CASE WHEN row_intact(OLD.mac, {4}) THEN row_mac({1}) ELSE OLD.mac"
      " END WHERE {2}; END;",
      layout.table, now, key_condition(layout), covered_columns(layout), before);
}

base::Result<> RowMacs::write_by(Connection& db, Tables which) const {
  std::string script;
  for (std::size_t table = 0; table < layout_.tables.size(); ++table) {
    if (is_one_of(which, table)) script += triggers_of(table);
  }
  return db.script(script);
}

bool RowMacs::is_one_of(Tables which, std::size_t table) const {
  const bool counters = layout_.tables[table].table == kCounters;
  return which == Tables::all || counters == (which == Tables::counters);
}

base::Result<> RowMacs::set_macs(Connection& db, std::size_t table, std::string_view value,
                                 std::string_view condition) const {
  const RowLayout& layout = layout_.tables[table];
  const std::string update =
      fmt::format("UPDATE main.{} SET mac = {} WHERE {}", layout.table, value, condition);
  if (layout.key.front() != "rowid") {
    EDGE_CHECK(db.run(update));
    return {};
  }
  const std::string batch = update + " AND rowid > ?1 AND rowid <= ?2";
  const std::string next = fmt::format(
      "SELECT max(rowid) FROM (SELECT rowid FROM main.{} WHERE rowid > ?1 ORDER BY rowid LIMIT ?2)",
      layout.table);
  std::int64_t done = 0;
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  for (;;) {
    EDGE_TRY(const auto end,
             db.one<std::optional<std::int64_t>>(
                 next, [](const Row& row) { return row.maybe_integer(0); }, last, kRowsAtOnce));
    if (!end || !*end) break;
    EDGE_TRY(const std::int64_t changed, db.run(batch, last, **end));
    done += changed;
    last = **end;
    if (changed == kRowsAtOnce) {
      base::log::info("bringing the store to this version: {} rows of {} are done", done,
                      layout.table);
    }
  }
  return {};
}

base::Result<> RowMacs::make_all(Connection& db, Tables which) const {
  EDGE_CHECK(add_functions(db));
  for (std::size_t number = 0; number < layout_.tables.size(); ++number) {
    if (!is_one_of(which, number)) continue;
    EDGE_CHECK(set_macs(db, number,
                        fmt::format("row_mac({})", arguments(layout_.tables, number, "")), "true"));
  }
  return {};
}

// Columns that are added behind the MAC do not change the MACs of existing rows.
bool RowMacs::differs(const RowLayout& layout, const RowMacs& other) const {
  const auto old_columns = [](const RowLayout& of) {
    std::vector<RowColumn> columns = of.columns;
    std::erase_if(columns, [](const RowColumn& column) { return column.left_out_value; });
    return columns;
  };
  return std::none_of(other.layout_.tables.begin(), other.layout_.tables.end(),
                      [&](const RowLayout& one) {
                        return one.table == layout.table && old_columns(one) == old_columns(layout);
                      });
}

base::Result<> RowMacs::mark_intact(Connection& db, const RowMacs& after) const {
  EDGE_CHECK(add_functions(db));
  for (std::size_t number = 0; number < layout_.tables.size(); ++number) {
    if (!differs(layout_.tables[number], after)) continue;
    EDGE_CHECK(set_macs(db, number,
                        fmt::format("CASE WHEN row_intact(mac, {}) THEN x'01' ELSE x'' END",
                                    arguments(layout_.tables, number, "")),
                        "true"));
  }
  return {};
}

base::Result<> RowMacs::make_marked(Connection& db, const RowMacs& before) const {
  EDGE_CHECK(add_functions(db));
  for (std::size_t number = 0; number < layout_.tables.size(); ++number) {
    if (!differs(layout_.tables[number], before)) continue;
    EDGE_CHECK(set_macs(db, number,
                        fmt::format("row_mac({})", arguments(layout_.tables, number, "")),
                        "mac = x'01'"));
  }
  return {};
}

}  // namespace store
