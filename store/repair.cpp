#include "store/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "store/directory_lock.h"
#include "store/file.h"
#include "store/lost_commits.h"
#include "store/salvage_table.h"
#include "store/transaction.h"

namespace store {
namespace {

struct SchemaEntry {
  std::string type;
  std::string name;
  std::string sql;
};

base::Result<std::vector<SchemaEntry>> read_schema(Connection& db) {
  std::vector<SchemaEntry> out;
  EDGE_CHECK(db.each("SELECT type,name,sql FROM sqlite_schema WHERE sql IS NOT NULL", [&](const Row&
                                                                                              row) {
    out.push_back({std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2))});
  }));
  return out;
}

base::Result<> copy_pragma(Connection& from, Connection& to, std::string_view name) {
  EDGE_TRY(const auto value, from.integer(fmt::format("PRAGMA {}", name)));
  return to.script(fmt::format("PRAGMA {}={}", name, value.value_or(0)));
}

bool is_own(const SchemaEntry& entry) { return entry.name.starts_with("sqlite_"); }

// Numbers must not come twice because a counter's row was lost: each is at least the highest id
// in the table of its name, and event ids leave room for events that were lost too.
base::Result<> raise_counters(Connection& db, const RepairReport& report) {
  for (const TableReport& table : report.tables) {
    EDGE_TRY(
        const auto numbered,
        db.integer("SELECT count(*) FROM pragma_table_info(?) WHERE name IN ('account_id','id') "
                   "AND pk>0",
                   table.table));
    if (numbered != 2) continue;
    EDGE_CHECK(db.script(fmt::format(
        "INSERT INTO counter(account_id,name,value) SELECT account_id,'{0}',max(id) FROM \"{0}\" "
        "WHERE true GROUP BY account_id "
        "ON CONFLICT DO UPDATE SET value=max(value,excluded.value)",
        table.table)));
  }
  // The events of messages and of channels are one sequence.
  std::string known = "SELECT value AS id FROM counter WHERE account_id=0 AND name='event'";
  for (const TableReport& table : report.tables) {
    const bool holds_events = table.table == "event" || table.table == "channel_event";
    if (holds_events) known += fmt::format(" UNION ALL SELECT max(id) FROM {}", table.table);
  }
  return db.script(
      fmt::format("INSERT INTO counter(account_id,name,value) SELECT 0,'event',max(id)+1000000 "
                  "FROM ({}) HAVING max(id) IS NOT NULL "
                  "ON CONFLICT DO UPDATE SET value=excluded.value",
                  known));
}

// What finds channels' rows (tables/channel_index.h) is made anew from the rows that were saved.
base::Result<> index_channels(Connection& db, const RepairReport& report) {
  const bool has_index =
      std::any_of(report.tables.begin(), report.tables.end(),
                  [](const TableReport& table) { return table.table == "channel_index"; });
  if (!has_index) return {};
  return db.script(
      "DELETE FROM channel_index_new;"
      "DELETE FROM channel_index;"
      "INSERT INTO channel_index(channel_id,id) SELECT channel_id,id FROM channel_event "
      "ORDER BY channel_id,id");
}

base::Result<RepairReport> copy_all(Connection& from, Connection& to) {
  RepairReport report;
  EDGE_TRY(const auto schema, read_schema(from));
  EDGE_CHECK(to.script("PRAGMA foreign_keys=OFF"));
  EDGE_TRY(Transaction transaction, Transaction::begin(to));
  EDGE_CHECK(copy_pragma(from, to, "application_id"));
  EDGE_CHECK(copy_pragma(from, to, "user_version"));
  // Indexes too come before the rows, so that of rows which contradict each other one is kept.
  for (const std::string_view type : {"table", "index"}) {
    for (const SchemaEntry& entry : schema) {
      if (entry.type == type && !is_own(entry)) EDGE_CHECK(to.script(entry.sql));
    }
  }
  bool has_counters = false;
  bool numbers_at_risk = false;
  for (const SchemaEntry& entry : schema) {
    if (entry.type != "table") continue;
    if (is_own(entry) && entry.name != "sqlite_sequence") continue;
    EDGE_TRY(TableReport table, salvage_table(from, to, entry.name));
    has_counters |= entry.name == "counter";
    numbers_at_risk |= table.broken_stretches > 0;
    if (!is_own(entry)) report.tables.push_back(std::move(table));
  }
  EDGE_CHECK(index_channels(to, report));
  if (has_counters && numbers_at_risk) EDGE_CHECK(raise_counters(to, report));
  for (const SchemaEntry& entry : schema) {
    if (entry.type != "table" && entry.type != "index") EDGE_CHECK(to.script(entry.sql));
  }
  EDGE_CHECK(transaction.commit());
  return report;
}

base::Result<> move_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
    return base::fail_errno(base::Errc::io, "rename " + from, errno);
  }
  return {};
}

}  // namespace

bool RepairReport::lossless() const {
  for (const TableReport& table : tables) {
    if (table.broken_stretches > 0 || table.lost.value_or(0) > 0) return false;
  }
  return true;
}

base::Result<RepairReport> salvage(const std::string& from, const std::string& to) {
  if (std::filesystem::exists(to)) {
    return base::fail(base::Errc::already_exists, to + " is there already; move it away first");
  }
  EDGE_TRY(const auto source, Connection::open(from, {.read_only = true, .tolerant = true}));
  auto copied = [&]() -> base::Result<RepairReport> {
    EDGE_TRY(const auto target, Connection::open(to));
    return copy_all(*source, *target);
  }();
  if (!copied) {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(to + suffix, ignored);
  }
  return copied;
}

base::Result<RepairReport> repair(const std::string& dir, std::int64_t unix_seconds) {
  EDGE_TRY(const DirectoryLock lock, DirectoryLock::take(dir));
  const std::string path = dir + "/store.db";
  if (!std::filesystem::exists(path)) {
    return base::fail(base::Errc::not_found, "there is no store in " + dir);
  }
  const std::string fresh = dir + "/store.db.repaired";
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(fresh + suffix, ignored);
  EDGE_TRY(RepairReport report, salvage(path, fresh));
  // The log of the damaged database must never be taken for that of the new one, so it moves first.
  const std::string aside = fmt::format("{}.damaged-{}", path, unix_seconds);
  EDGE_CHECK(settle_loss(path, aside));
  EDGE_CHECK(move_file(path + "-wal", aside + "-wal"));
  EDGE_CHECK(move_file(path + "-shm", aside + "-shm"));
  std::filesystem::create_hard_link(path, aside, ignored);
  if (ignored) std::filesystem::copy_file(path, aside, ignored);
  EDGE_CHECK(sync_dir(dir));
  EDGE_CHECK(move_file(fresh, path));
  EDGE_CHECK(sync_dir(dir));
  return report;
}

base::Result<> quick_check(Connection& db) {
  EDGE_TRY(const auto schema, read_schema(db));
  for (const SchemaEntry& entry : schema) {
    if (entry.type != "table" || is_own(entry)) continue;
    EDGE_TRY(const auto key, key_of(db, entry.name));
    EDGE_CHECK(
        db.script(fmt::format("SELECT {1} FROM \"{0}\" ORDER BY {1} LIMIT 1; SELECT {1} FROM "
                              "\"{0}\" ORDER BY {2} LIMIT 1;",
                              entry.name, key.list(""), key.list(" DESC"))));
  }
  return {};
}

}  // namespace store
