#include "store/tx.h"

#include "store/counter.h"

namespace store {

base::Result<std::int64_t> Tx::next_id(base::AccountId account, std::string_view counter,
                                       std::int64_t first) {
  return next_number(db_, account, counter, first);
}

base::Result<base::EventId> Tx::append_event(base::AccountId account, std::uint16_t kind,
                                             base::ByteView body, base::ChatId chat,
                                             EventFactsPtr facts) {
  EDGE_TRY(const base::EventId id, numbers_.take(db_));
  LoggedEvent event{.id = id,
                    .account = account,
                    .at = clock_.now(),
                    .kind = kind,
                    .body = {},
                    .facts = std::move(facts)};
  EDGE_CHECK(EventLog::append(db_, vault_, event, body, chat));
  events_.push_back(std::move(event));
  return id;
}

base::Result<std::int64_t> Tx::erase_events(base::AccountId account, std::uint16_t kept,
                                            std::int64_t most) {
  EDGE_TRY(const base::EventId newest, newest_event());
  EDGE_TRY(const std::int64_t erased, EventLog::erase(db_, account, kept, most, newest));
  erased_ += erased;
  return erased;
}

}  // namespace store
