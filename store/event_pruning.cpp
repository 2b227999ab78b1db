#include "store/event_pruning.h"

#include <algorithm>

#include "base/log.h"

namespace store {
namespace {

constexpr std::int64_t kPruneAtLeast = 16;  // events looked at in a batch that appended some

}  // namespace

void EventPruning::prune(Connection& db, std::int64_t appended, std::int64_t erased) {
  if (held_) *held_ += static_cast<std::uint64_t>(appended - erased);
  if (appended == 0) return;
  const auto most = std::max(kPruneAtLeast, 2 * appended);
  if (!db.run("SAVEPOINT prune")) return;
  if (const auto pruned = prune_some(db, most); !pruned) {
    base::log::warning("old events could not be dropped: {}", pruned.error().message);
    if (db.in_transaction()) (void)db.run("ROLLBACK TO prune");
    held_.reset();
  }
  if (db.in_transaction()) (void)db.run("RELEASE prune");
}

base::Result<> EventPruning::prune_some(Connection& db, std::int64_t most) {
  if (!held_) {
    EDGE_TRY(held_, EventLog::count(db));
  }
  EDGE_TRY(const auto pruned, EventLog::prune(db, bounds_, *held_, clock_.now(), most));
  *held_ -= static_cast<std::uint64_t>(pruned);
  return {};
}

}  // namespace store
