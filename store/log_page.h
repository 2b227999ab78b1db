// LogPage: a bounded page of the event log for one listener. Its cost is proportional to the events
// that it returns, whatever the length of the log: each filter has an index that orders by id.
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
  std::size_t limit = 256;            // events
  std::size_t max_bytes = 64 * 1024;  // bytes of bodies; the first event comes whatever its size
  bool messages = true;               // messaging events, then of these:
  std::vector<std::uint16_t> kinds = {};       // empty: all
  std::vector<base::AccountId> accounts = {};  // empty: all; those of no account always
  std::vector<base::ChatId> chats = {};        // empty: all; then events of no chat are left out
  std::vector<std::string> channels = {};
  // Of an account that was removed, or whose removal has begun, only events of this kind are
  // returned.
  std::optional<std::uint16_t> kept_of_removed = {};
};

using LogPage = EventPage<LoggedEvent>;

base::Result<LogPage> read_log_page(Connection& db, const Vault& vault, const LogQuery& query);

}  // namespace store
