#include "store/backup/carried_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/sql_literal.h"
#include "store/tables/outbox.h"

namespace store::backup {
namespace {

// Sessions and handshakes never leave their store: a copy whose ratchet continued elsewhere would
// use message keys twice. A restored account begins new sessions (pending_session), and the rows of
// the old ones are useless then.
constexpr std::array<std::string_view, 6> kLeftOut{
    "session",          // ratchets
    "skipped_key",      // of their messages
    "pending_join",     // handshakes under way
    "parked_envelope",  // opens in a session that is not carried
    "transfer",         // files on their way in, in such a session
    "transfer_part",    //
};

// Of the outbox, contents are carried and prepared anew; handshakes and rows of one session are
// not.
std::string outbox_value(std::string_view column) {
  if (column == "state") return sql_literal(OutboxState::waiting);
  if (column == "envelope") return "NULL";
  if (column == "session_id" || column == "next_part" || column == "join_id") return "0";
  return std::string(column);
}

std::string outbox_condition() {
  return " AND contact_id IS NOT NULL AND kind IN " +
         sql_list({OutboxKind::message, OutboxKind::receipts, OutboxKind::file});
}

// Tables of the whole store, whatever accounts they name.
constexpr std::array<std::string_view, 4> kOfTheStore{"event", "selection", "account_key",
                                                      "account_import"};

base::Result<std::vector<std::string>> names_of(Connection& db, bool kept) {
  std::vector<std::string> names;
  const auto wanted = [&](std::string_view name) {
    if (std::find(kOfTheStore.begin(), kOfTheStore.end(), name) != kOfTheStore.end()) return false;
    return kept || !is_left_out(name);
  };
  EDGE_CHECK(db.each(
      "SELECT t.name FROM sqlite_schema AS t WHERE t.type = 'table' AND EXISTS (SELECT 1 FROM"
      " pragma_table_info(t.name) WHERE name = 'account_id') ORDER BY t.name",
      [&](const Row& row) {
        if (wanted(row.text(0))) names.emplace_back(row.text(0));
      }));
  return names;
}

base::Result<CarriedTable> describe(Connection& db, std::string name, bool kept) {
  struct Column {
    std::string name;
    bool number = false;
    std::int64_t place = 0;  // in the primary key
  };
  std::vector<Column> columns;
  EDGE_CHECK(db.each(
      "SELECT name, type = 'INTEGER', pk FROM pragma_table_info(?) ORDER BY cid",
      [&](const Row& row) {
        columns.push_back({std::string(row.text(0)), row.boolean(1), row.integer(2)});
      },
      name));
  std::vector<Column> key;
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(key),
               [](const Column& column) { return column.place > 0; });
  std::sort(key.begin(), key.end(),
            [](const Column& a, const Column& b) { return a.place < b.place; });
  CarriedTable table;
  table.name = std::move(name);
  for (const Column& column : key) {
    table.order += (table.order.empty() ? "" : ", ") + column.name;
  }
  const bool numbered = !kept && key.size() == 1 && key.front().number;
  for (const Column& column : columns) {
    if (column.name == "mac") {
      table.has_mac = true;
    } else if (column.name != "account_id" && !(numbered && column.name == key.front().name)) {
      table.columns.push_back(column.name);
    }
  }
  return table;
}

base::Result<std::vector<CarriedTable>> describe_all(Connection& db, bool kept) {
  EDGE_TRY(const auto names, names_of(db, kept));
  std::vector<CarriedTable> tables;
  for (const std::string& name : names) {
    EDGE_TRY(tables.emplace_back(), describe(db, name, kept));
  }
  return tables;
}

}  // namespace

bool is_left_out(std::string_view table) {
  return std::find(kLeftOut.begin(), kLeftOut.end(), table) != kLeftOut.end();
}

base::Result<std::vector<CarriedTable>> carried_tables(Connection& db) {
  return describe_all(db, false);
}

base::Result<std::vector<CarriedTable>> kept_tables(Connection& db) {
  return describe_all(db, true);
}

std::string select_carried(const CarriedTable& table, bool checked) {
  const bool outbox = table.name == "outbox";
  std::string sql = "SELECT ";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    sql += i == 0 ? "" : ", ";
    sql += outbox ? outbox_value(table.columns[i]) : table.columns[i];
  }
  const bool view = checked && table.has_mac;
  sql += fmt::format(" FROM {}{} WHERE account_id = ?1{}", view ? "checked_" : "main.", table.name,
                     view ? " AND intact" : "");
  if (outbox) sql += outbox_condition();
  return sql + " ORDER BY " + table.order;
}

std::string select_kept(const CarriedTable& table) {
  std::string sql = "SELECT ";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    sql += (i == 0 ? "" : ", ") + table.columns[i];
  }
  return sql + fmt::format(" FROM {}{} WHERE account_id = ?1{} ORDER BY {}",
                           table.has_mac ? "checked_" : "main.", table.name,
                           table.has_mac ? " AND intact" : "", table.order);
}

base::Result<std::int64_t> count_carried(Connection& db, const CarriedTable& table,
                                         base::AccountId account) {
  EDGE_TRY(const auto count,
           db.integer(fmt::format("SELECT count(*) FROM main.{} WHERE account_id = ?1", table.name),
                      account));
  return count.value_or(0);
}

}  // namespace store::backup
