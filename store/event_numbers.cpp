#include "store/event_numbers.h"

#include "store/event_log.h"

namespace store {

base::Result<> EventNumbers::load(Connection& db) {
  if (last_) return {};
  EDGE_TRY(const base::EventId newest, EventLog::newest(db));
  last_ = stored_ = static_cast<std::int64_t>(newest.value);
  return {};
}

base::Result<base::EventId> EventNumbers::take(Connection& db, std::int64_t count) {
  EDGE_CHECK(load(db));
  const std::int64_t first = *last_ + 1;
  *last_ += count;
  return base::EventId(static_cast<std::uint64_t>(first));
}

base::Result<base::EventId> EventNumbers::newest(Connection& db) {
  EDGE_CHECK(load(db));
  return base::EventId(static_cast<std::uint64_t>(*last_));
}

// Nothing was loaded before that write: the number that it loaded was stored.
void EventNumbers::go_back(Mark mark) { last_ = mark ? mark : stored_; }

base::Result<> EventNumbers::store(Connection& db) {
  if (last_ == stored_) return {};
  EDGE_CHECK(EventLog::set_newest(db, base::EventId(static_cast<std::uint64_t>(*last_))));
  stored_ = last_;
  return {};
}

void EventNumbers::forget() {
  last_.reset();
  stored_.reset();
}

}  // namespace store
