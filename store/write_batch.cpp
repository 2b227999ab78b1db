#include "store/write_batch.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "store/guarded.h"

namespace store {

WriteBatch::WriteBatch(BatchParts& parts)
    : parts_(parts),
      tx_(parts.db, parts.vault, parts.clock, parts.changed, parts.numbers, parts.channel_counts),
      outcome_(parts.health.may_write()) {
  if (outcome_) outcome_ = parts.commits.begin();
}

void WriteBatch::run(QueuedWrite write) {
  writes_.push_back({.write = std::move(write)});
  if (outcome_) outcome_ = run_one(writes_.back(), writes_.size() == 1);
  if (outcome_) outcome_ = parts_.health.may_write();
}

// Fails only when the whole transaction is lost. The first write of a transaction needs no
// savepoint, for which SQLite copies each page that it changes: its failure ends the transaction,
// which holds nothing else, and another one begins.
base::Result<> WriteBatch::run_one(Run& run, bool first) {
  Connection& db = parts_.db;
  const std::size_t events = tx_.events_.size();
  const std::size_t hooks = tx_.hooks_.size();
  const std::int64_t erased = tx_.erased_;
  const EventNumbers::Mark numbered = parts_.numbers.mark();
  if (!first) EDGE_CHECK(db.run("SAVEPOINT write"));
  base::Result<> result;
  try {
    result = run.write.job->run(tx_);
  } catch (const std::exception& e) {
    base::log::error("a write threw: {}", e.what());
    result = base::fail(base::Errc::internal, "the write failed inside; see the daemon's log");
    run.write.job->refuse(result.error());
  }
  if (!db.in_transaction()) {
    if (!result) return std::move(result).error();
    return base::fail(base::Errc::internal, "a write ended the transaction it was part of");
  }
  if (result) {
    if (!first) EDGE_CHECK(db.run("RELEASE write"));
    return {};
  }
  run.undone = true;
  tx_.events_.resize(events);
  tx_.hooks_.resize(hooks);
  tx_.erased_ = erased;
  parts_.numbers.go_back(numbered);
  parts_.channel_counts.forget();
  if (first) {
    EDGE_CHECK(db.run("ROLLBACK"));
    return parts_.commits.begin();
  }
  EDGE_CHECK(db.run("ROLLBACK TO write"));
  EDGE_CHECK(db.run("RELEASE write"));
  return {};
}

void WriteBatch::finish() {
  if (outcome_) {
    const auto appended =
        std::count_if(tx_.events_.begin(), tx_.events_.end(),
                      [](const LoggedEvent& event) { return event.channel == 0; });
    parts_.pruning.prune(parts_.db, appended, tx_.erased_);
    outcome_ = parts_.health.may_write();
  }
  if (outcome_) outcome_ = parts_.numbers.store(parts_.db);
  if (outcome_) outcome_ = parts_.commits.commit();
  if (outcome_) return;
  parts_.commits.roll_back();
  parts_.pruning.forget();
  parts_.numbers.forget();
  parts_.channel_counts.forget();
}

void WriteBatch::answer(const std::function<void(std::span<const LoggedEvent>)>& listener) {
  if (outcome_) {
    for (auto& hook : tx_.hooks_) guarded("a hook", hook);
    if (!tx_.events_.empty() && listener) guarded("the listener", [&] { listener(tx_.events_); });
  }
  for (Run& run : writes_) {
    guarded("the completion", [&] {
      if (outcome_ || run.undone) {
        run.write.job->answer();
      } else {
        run.write.job->fail(outcome_.error());
      }
    });
    run.write.job.reset();
  }
}

std::size_t WriteBatch::up_to(std::uint64_t number) const {
  return static_cast<std::size_t>(std::count_if(
      writes_.begin(), writes_.end(), [&](const Run& run) { return run.write.number <= number; }));
}

}  // namespace store
