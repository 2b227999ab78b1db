// LogPage: a bounded page of the event log, as one listener wants it. Its cost is the events that
// it returns, at any length of the log: each way of narrowing it down has an index that orders by
// id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/event_log.h"
#include "store/event_page.h"

namespace store {

struct LogQuery {
  base::EventId after;
  std::size_t limit = 256;                     // events
  std::size_t max_bytes = 64 * 1024;           // of bodies; one event comes whatever its size
  bool messages = true;                        // messaging events, then of these:
  std::vector<std::uint16_t> kinds = {};       // empty: all
  std::vector<base::AccountId> accounts = {};  // empty: all; those of no account always
  std::vector<base::ChatId> chats = {};        // empty: all; then events of no chat are left out
  std::vector<std::string> channels = {};
  // Of an account that was removed, or whose removal has begun, only events of this kind come.
  std::optional<std::uint16_t> kept_of_removed = {};
};

using LogPage = EventPage<LoggedEvent>;

base::Result<LogPage> read_log_page(Connection& db, const Vault& vault, const LogQuery& query);

}  // namespace store
