// LogPage: a bounded piece of the event log, as one listener wants it, all from one snapshot. Its
// cost is the events that it returns, at any length of the log: each way of narrowing it down has
// an index that orders by id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/event_log.h"

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
};

struct LogPage {
  std::vector<LoggedEvent> events;
  std::vector<base::AccountId> gone;  // accounts of these events that were removed
  base::EventId reached;              // every event up to here was considered
  base::EventId floor;                // every event asked for after this id is held
  base::EventId start;                // the id before the store's first
  base::EventId newest;               // the last id given out
  bool dense = false;                 // from `after` to `floor`, each id was an event asked for
};

base::Result<LogPage> read_log_page(Connection& db, const Vault& vault, const LogQuery& query);

}  // namespace store
