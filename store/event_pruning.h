// EventPruning: takes old messaging events out of the log in small steps, two for each new one, in
// the transaction that appends, so that no write pays for many. Within store/, on the writer's
// thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "store/connection.h"
#include "store/event_log.h"

namespace store {

class EventPruning {
 public:
  EventPruning(EventLogBounds bounds, const base::Clock& clock) : bounds_(bounds), clock_(clock) {}

  // At the end of a transaction that added so many events to the log and erased others. What cannot
  // be pruned is logged and stays.
  void prune(Connection& db, std::int64_t appended, std::int64_t erased);
  // The transaction was lost: how many events are held is not known any more.
  void forget() { held_.reset(); }

 private:
  base::Result<> prune_some(Connection& db, std::int64_t most);

  const EventLogBounds bounds_;
  const base::Clock& clock_;
  std::optional<std::uint64_t> held_;  // in the log; counted when it is not known
};

}  // namespace store
