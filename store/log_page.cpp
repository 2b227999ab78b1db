#include "store/log_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "store/tables/channels.h"

namespace store {
namespace {

using Ids = std::vector<base::EventId>;

template <class... A>
base::Result<> add_ids(Connection& db, Ids& ids, std::string_view sql, const A&... args) {
  return db.each(
      sql, [&](const Row& row) { ids.push_back(row.id<base::EventId>(0)); }, args...);
}

// "[1,7]" for json_each(); nothing when all will do. Of accounts 0 passes always.
template <class T, class F>
std::optional<std::string> json_list(const std::vector<T>& items, F number, std::string list = "") {
  if (items.empty()) return std::nullopt;
  for (const T& item : items) list += fmt::format("{}{}", list.empty() ? "" : ",", number(item));
  return "[" + list + "]";
}
std::optional<std::string> account_list(const LogQuery& query) {
  return json_list(
      query.accounts, [](base::AccountId account) { return account.value; }, "0");
}
std::optional<std::string> kind_list(const LogQuery& query) {
  return json_list(query.kinds, [](std::uint16_t kind) { return kind; });
}

void sort_once(Ids& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

// Each key's ids come in order from an index; the caller merges them.
base::Result<> add_message_ids(Connection& db, Ids& ids, const LogQuery& query) {
  if (!query.chats.empty()) {
    const auto accounts = account_list(query);
    const auto kinds = kind_list(query);
    for (const base::ChatId chat : query.chats) {
      EDGE_CHECK(add_ids(db, ids,
                         "SELECT id FROM event INDEXED BY event_by_chat "
                         "WHERE chat_id=?1 AND chat_id<>0 AND id>?2 "
                         "AND (?4 IS NULL OR account_id IN (SELECT value FROM json_each(?4))) "
                         "AND (?5 IS NULL OR kind IN (SELECT value FROM json_each(?5))) "
                         "ORDER BY id LIMIT ?3",
                         chat, query.after, query.limit, accounts, kinds));
    }
    return {};
  }
  if (!query.kinds.empty()) {
    const auto accounts = account_list(query);
    for (const std::uint16_t kind : query.kinds) {
      EDGE_CHECK(add_ids(db, ids,
                         "SELECT id FROM event INDEXED BY event_by_kind WHERE kind=?1 AND id>?2 "
                         "AND (?4 IS NULL OR account_id IN (SELECT value FROM json_each(?4))) "
                         "ORDER BY id LIMIT ?3",
                         kind, query.after, query.limit, accounts));
    }
    return {};
  }
  if (!query.accounts.empty()) {
    constexpr std::string_view kSql =
        "SELECT id FROM event INDEXED BY event_by_account WHERE account_id=?1 AND id>?2 "
        "ORDER BY id LIMIT ?3";
    EDGE_CHECK(add_ids(db, ids, kSql, 0, query.after, query.limit));
    for (const base::AccountId account : query.accounts) {
      EDGE_CHECK(add_ids(db, ids, kSql, account, query.after, query.limit));
    }
    return {};
  }
  return add_ids(db, ids, "SELECT id FROM event WHERE id>? ORDER BY id LIMIT ?", query.after,
                 query.limit);
}

base::Result<base::EventId> floor_of(Connection& db, const Vault& vault, const LogQuery& query) {
  base::EventId floor;
  if (query.messages) {
    EDGE_TRY(floor, EventLog::oldest(db));
  }
  for (const std::string& channel : query.channels) {
    EDGE_TRY(const base::EventId own, channel_floor(db, vault, channel));
    floor = std::max(floor, own);
  }
  return floor;
}

// An account whose removal has begun counts as removed: its row is empty then (account_removal.h).
base::Result<> leave_out_removed(Connection& db, std::uint16_t kept,
                                 std::vector<LoggedEvent>& events) {
  std::map<base::AccountId, bool> removed;
  for (const LoggedEvent& event : events) {
    if (!event.account.valid() || removed.contains(event.account)) continue;
    EDGE_TRY(const auto there,
             db.integer("SELECT 1 FROM account WHERE id=? AND length(sealed)>0", event.account));
    removed[event.account] = !there;
  }
  std::erase_if(events, [&](const LoggedEvent& event) {
    return event.account.valid() && event.kind != kept && removed[event.account];
  });
  return {};
}

// The events of messages and of channels' rows in one order. The ids of one call follow each other,
// and its rows have one time: those may overlap, and no others.
class Merge {
 public:
  Merge(Connection& db, const Vault& vault, base::EventId after, Ids messages, Ids rows)
      : db_(db),
        vault_(vault),
        after_(after),
        messages_(std::move(messages)),
        rows_(std::move(rows)) {}

  // Reads the next one; nothing at the end. A record that does not open is skipped.
  base::Result<std::optional<LoggedEvent>> next() {
    for (;;) {
      EDGE_CHECK(read_rows());
      if (channel_comes_first()) {
        return std::optional(std::move(events_.extract(events_.begin()).mapped()));
      }
      if (message_ == messages_.size()) return std::optional<LoggedEvent>();
      EDGE_TRY(auto event, EventLog::find(db_, vault_, messages_[message_++]));
      if (event) return event;
    }
  }

 private:
  bool channel_comes_first() const {
    if (events_.empty()) return false;
    return message_ == messages_.size() || events_.begin()->first < messages_[message_];
  }
  // Reads ahead all rows that may hold an event before the next one.
  base::Result<> read_rows() {
    while (row_ < rows_.size()) {
      EDGE_TRY(const bool may, next_row_may_come_first());
      if (!may) return {};
      EDGE_TRY(auto events, channel_events_of_row(db_, vault_, rows_[row_]));
      for (LoggedEvent& event : events) {
        if (event.id > after_) events_.emplace(event.id, std::move(event));
      }
      ++row_;
      row_time_.reset();
    }
    return {};
  }
  base::Result<bool> next_row_may_come_first() {
    const base::EventId row = rows_[row_];
    if (!channel_comes_first()) {
      return message_ == messages_.size() || row < messages_[message_];
    }
    const LoggedEvent& next = events_.begin()->second;
    if (row < next.id) return true;
    if (row.value >= next.id.value + kChannelRowSpread) return false;
    if (!row_time_) {
      EDGE_TRY(const auto at, db_.integer("SELECT at_ms FROM channel_event WHERE id=?", row));
      row_time_ = at.value_or(next.at);
    }
    return *row_time_ == next.at;
  }

  Connection& db_;
  const Vault& vault_;
  const base::EventId after_;
  const Ids messages_, rows_;
  std::size_t message_ = 0, row_ = 0;            // the next ones
  std::optional<base::UnixMillis> row_time_;     // of the next row, once it is known
  std::map<base::EventId, LoggedEvent> events_;  // of rows that were read
};

}  // namespace

base::Result<LogPage> read_log_page(Connection& db, const Vault& vault, const LogQuery& query) {
  LogPage page;
  EDGE_TRY(page.newest, EventLog::newest(db));
  EDGE_TRY(page.start, EventLog::start(db));
  EDGE_TRY(page.floor, floor_of(db, vault, query));
  if (query.messages && query.channels.empty() && query.kinds.empty() && query.accounts.empty() &&
      query.chats.empty()) {
    EDGE_TRY(const bool skips, any_channel(db));
    EDGE_TRY(const base::EventId holes_end, EventLog::holes_end(db));
    page.dense = !skips && query.after >= holes_end;
  }
  Ids messages;
  Ids rows;
  if (query.messages) EDGE_CHECK(add_message_ids(db, messages, query));
  for (const std::string& channel : query.channels) {
    EDGE_TRY(const Ids more, channel_rows_after(db, vault, channel, query.after, query.limit));
    rows.insert(rows.end(), more.begin(), more.end());
  }
  Ids ids = messages;
  ids.insert(ids.end(), rows.begin(), rows.end());
  sort_once(ids);
  // Up to this id the look-ups found every event; later rows may add more.
  const bool more = ids.size() >= query.limit;
  const base::EventId end = more ? ids[query.limit - 1] : std::max(page.newest, query.after);
  if (more) {
    const base::EventId later(end.value + kChannelRowSpread - 1);
    for (const std::string& channel : query.channels) {
      EDGE_TRY(const Ids more_rows,
               channel_rows_after(db, vault, channel, end, kChannelRowSpread, later));
      rows.insert(rows.end(), more_rows.begin(), more_rows.end());
    }
  }
  sort_once(messages);
  sort_once(rows);

  Merge merge(db, vault, query.after, std::move(messages), std::move(rows));
  std::size_t bytes = 0;
  page.reached = query.after;
  while (bytes < query.max_bytes && page.events.size() < query.limit) {
    EDGE_TRY(auto event, merge.next());
    if (!event || event->id > end) {
      page.reached = end;
      break;
    }
    page.reached = event->id;
    bytes += event->body.size();
    page.events.push_back(*std::move(event));
  }
  if (query.kept_of_removed) {
    EDGE_CHECK(leave_out_removed(db, *query.kept_of_removed, page.events));
  }
  return page;
}

}  // namespace store
