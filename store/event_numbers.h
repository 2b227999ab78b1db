// EventNumbers: the ids of the events that the writer's transactions append, of messages and of
// channels. Counted in memory and stored once in a transaction, at its end, so that an event costs
// no change of the counter's row. Within store/, on the writer's thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/result.h"
#include "store/connection.h"

namespace store {

class EventNumbers {
 public:
  // The first of the next `count` ids, which follow each other.
  base::Result<base::EventId> take(Connection& db, std::int64_t count = 1);
  // The last id given out, by writes of this transaction too.
  base::Result<base::EventId> newest(Connection& db);

  // Returns the ids taken since then, because the write that took them is undone.
  using Mark = std::optional<std::int64_t>;
  Mark mark() const { return last_; }
  void go_back(Mark mark);

  // At the end of each transaction; before forget() if the transaction is lost.
  base::Result<> store(Connection& db);
  void forget();

 private:
  base::Result<> load(Connection& db);

  std::optional<std::int64_t> last_;    // nothing: as stored
  std::optional<std::int64_t> stored_;  // by a transaction that is complete, or is being completed
};

}  // namespace store
