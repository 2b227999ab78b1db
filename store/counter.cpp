#include "store/counter.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/log.h"

namespace store {

namespace {

constexpr std::string_view kEvents = "event";
// Ids up to which events are missing (event_log.cpp, tables/channels.cpp).
constexpr std::array<std::string_view, 3> kLostUpTo{"event_floor", "event_holes_end",
                                                    "channel_floor"};
// A lost counter continues this far above the highest number that is stored: deleted rows had
// numbers too.
constexpr std::int64_t kGap = 100'000;
constexpr std::int64_t kEventGap = 1'000'000;

// The highest number in the table of the counter's name; nothing when there is no row or no table.
base::Result<std::optional<std::int64_t>> highest_stored(Connection& db, base::AccountId account,
                                                         std::string_view name) {
  const auto highest = [&](const std::string& sql) {
    return db.one<std::optional<std::int64_t>>(
        sql, [](const Row& row) { return row.maybe_integer(0); }, account);
  };
  std::optional<std::optional<std::int64_t>> found;
  if (account.value == 0 && name == kEvents) {
    // Of messages and of channels; their table came later.
    EDGE_TRY(const auto channels,
             db.integer("SELECT count(*) FROM pragma_table_info('channel_event')"));
    EDGE_TRY(found, highest(channels.value_or(0) > 0
                                ? "SELECT max(id) FROM (SELECT max(id) AS id FROM event UNION ALL"
                                  " SELECT max(id) FROM channel_event) WHERE ?1 = 0"
                                : "SELECT max(id) FROM event WHERE ?1 = 0"));
  } else if (account.value == 0 && name == "account") {
    EDGE_TRY(found, highest("SELECT max(id) FROM account WHERE ?1 = 0"));
  } else {
    EDGE_TRY(const auto numbered,
             db.integer("SELECT count(*) FROM pragma_table_info(?) WHERE name IN"
                        " ('account_id','id') AND pk>0",
                        name));
    if (numbered.value_or(0) == 2) {
      EDGE_TRY(found,
               highest("SELECT max(id) FROM \"" + std::string(name) + "\" WHERE account_id = ?1"));
    }
  }
  return found.value_or(std::nullopt);
}

// For a counter without a row, which was never used or was lost.
base::Result<std::int64_t> first_number(Connection& db, base::AccountId account,
                                        std::string_view name, std::int64_t first) {
  EDGE_TRY(const auto highest, highest_stored(db, account, name));
  return highest && *highest >= first ? *highest + kGap : first;
}

base::Result<> write_counter(Connection& db, base::AccountId account, std::string_view name,
                             std::int64_t value) {
  EDGE_CHECK(
      db.run("INSERT INTO counter(account_id,name,value) VALUES(?,?,?)", account, name, value));
  return {};
}

}  // namespace

base::Result<std::int64_t> next_number(Connection& db, base::AccountId account,
                                       std::string_view name, std::int64_t first) {
  EDGE_TRY(const auto next, db.integer("UPDATE counter SET value=value+1"
                                       " WHERE account_id=? AND name=? RETURNING value",
                                       account, name));
  if (next) return *next;
  EDGE_TRY(const std::int64_t begin, first_number(db, account, name, first));
  EDGE_CHECK(write_counter(db, account, name, begin));
  return begin;
}

base::Result<> mend_counters(Connection& db) {
  struct Counter {
    base::AccountId account;
    std::string name;
  };
  std::vector<Counter> broken;
  EDGE_CHECK(
      db.each("SELECT account_id,name FROM checked_counter WHERE NOT intact", [&](const Row& row) {
        broken.push_back({row.id<base::AccountId>(0), std::string(row.text(1))});
      }));
  for (const Counter& counter : broken) {
    base::log::error(
        "the counter {} of account {} was changed outside; it goes on behind what is"
        " stored",
        counter.name, counter.account.value);
    EDGE_CHECK(
        db.run("DELETE FROM counter WHERE account_id=? AND name=?", counter.account, counter.name));
  }
  const base::AccountId whole_store{};
  EDGE_TRY(const std::int64_t events, read_counter(db, whole_store, kEvents));
  EDGE_TRY(const auto highest_event, highest_stored(db, whole_store, kEvents));
  if (events == 0 && highest_event) {
    EDGE_CHECK(write_counter(db, whole_store, kEvents, *highest_event + kEventGap));
  }
  for (const Counter& counter : broken) {
    if (counter.account.value == 0 && counter.name != "account") {
      if (std::find(kLostUpTo.begin(), kLostUpTo.end(), counter.name) == kLostUpTo.end()) continue;
      // Events may be missing up to here. The last one is assumed, so that every reader gets a lag
      // instead of a silent gap.
      EDGE_TRY(const std::int64_t newest, read_counter(db, whole_store, kEvents));
      EDGE_CHECK(write_counter(db, whole_store, counter.name, newest));
      continue;
    }
    EDGE_TRY(const auto highest, highest_stored(db, counter.account, counter.name));
    if (highest) {
      EDGE_CHECK(write_counter(db, counter.account, counter.name, *highest + kGap));
    }
  }
  return {};
}

base::Result<> prepare_counter(Connection& db, base::AccountId account, std::string_view name,
                               std::int64_t last) {
  EDGE_CHECK(
      db.run("INSERT INTO counter(account_id,name,value) VALUES(?,?,?) ON CONFLICT DO NOTHING",
             account, name, last));
  return {};
}

base::Result<std::int64_t> read_counter(Connection& db, base::AccountId account,
                                        std::string_view name) {
  EDGE_TRY(const auto value,
           db.integer("SELECT value FROM counter WHERE account_id=? AND name=?", account, name));
  return value.value_or(0);
}

}  // namespace store
