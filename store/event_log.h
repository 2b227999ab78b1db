// The durable event log, from which clients of /events resume.
//
// Ids are one growing sequence for the store, shared with the channels (tables/channels.h), from a
// random start in [2^40, 2^52) so that another store's ids are recognised (decision 23); pruning
// and restarts never make them go back. Bodies are sealed store-wide with account, kind and time
// inside the seal, bound to their id. Tx::append_event appends, in the transaction that the
// event reports.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/connection.h"
#include "store/vault.h"

namespace store {

// What the writer of an event knows of it: given when the event is appended, passed to the listener
// after the COMMIT, never stored. So no listener decodes an event that was encoded a moment before.
struct EventFacts {
  virtual ~EventFacts() = default;
};
using EventFactsPtr = std::shared_ptr<EventFacts>;

struct LoggedEvent {
  base::EventId id;
  base::AccountId account;  // not valid for events of the whole store
  base::UnixMillis at = 0;
  std::uint16_t kind = 0;
  base::Bytes body;          // of an event that was read from the log
  std::int64_t channel = 0;  // 0: a messaging event; else the row of its channel
  EventFactsPtr facts = {};  // of an event that was appended just now; the listener may take them
};

struct EventLogBounds {
  std::uint64_t count = 100'000;
  base::Millis age = 7 * 24 * base::Millis{3'600'000};
};

class EventLog {
 public:
  // Persists the random start of a new store. Before the writer starts.
  static base::Result<> prepare(Connection& db);

  // Up to `limit` events with ids above `after`, in order. A record that does not open is left out.
  static base::Result<std::vector<LoggedEvent>> read_after(Connection& db, const Vault& vault,
                                                           base::EventId after, std::size_t limit);
  // Nothing when there is none, or it does not open.
  static base::Result<std::optional<LoggedEvent>> find(Connection& db, const Vault& vault,
                                                       base::EventId id);
  // The id after which every messaging event is still held. Ids may skip: channels take theirs from
  // the same sequence.
  static base::Result<base::EventId> oldest(Connection& db);
  // The id before the first one of this store: lower ids are another store's.
  static base::Result<base::EventId> start(Connection& db);
  // The last id given out; the random start minus one when there was none yet.
  static base::Result<base::EventId> newest(Connection& db);
  // Events up to here were removed from the middle (erase): ids alone do not show how many.
  static base::Result<base::EventId> holes_end(Connection& db);
  // How many messaging events are held.
  static base::Result<std::uint64_t> count(Connection& db);

  // For the writer: within its transaction. `event` without its body; `chat` is the chat whose
  // streams find it.
  static base::Result<> append(Connection& db, const Vault& vault, const LoggedEvent& event,
                               base::ByteView body, base::ChatId chat);
  static base::Result<> set_newest(Connection& db, base::EventId newest);
  // Deletes at most `most` of the oldest of `held` events beyond the bounds; returns their number.
  static base::Result<std::int64_t> prune(Connection& db, const EventLogBounds& bounds,
                                          std::uint64_t held, base::UnixMillis now,
                                          std::int64_t most);
  // Removes at most `most` events of an account, all but those of the kind `kept`; returns their
  // number. `newest`: the last id given out, in this transaction too.
  static base::Result<std::int64_t> erase(Connection& db, base::AccountId account,
                                          std::uint16_t kept, std::int64_t most,
                                          base::EventId newest);
};

}  // namespace store
