// WriteBatch: the writes of one transaction of the writer, from their run to their answers. Within
// store/, on the writer's thread.
//
// Each write but the first runs in a SAVEPOINT, so that one that fails is undone alone and gets its
// own error. Once the whole transaction is lost, further writes are refused without running, and
// every write without an error of its own gets that of the transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "store/changed_messages.h"
#include "store/channel_counts.h"
#include "store/commits.h"
#include "store/event_log.h"
#include "store/event_numbers.h"
#include "store/event_pruning.h"
#include "store/health.h"
#include "store/tx.h"
#include "store/write_job.h"

namespace store {

// What the writer's transactions work with, one after the other; outlives them.
struct BatchParts {
  Connection& db;
  const Vault& vault;
  const base::Clock& clock;
  Health& health;
  ChangedMessages& changed;
  EventNumbers& numbers;
  ChannelCounts& channel_counts;
  EventPruning& pruning;
  Commits& commits;
};

class WriteBatch {
 public:
  // Begins the transaction.
  explicit WriteBatch(BatchParts& parts);

  void run(QueuedWrite write);
  // Prunes old events and commits, or rolls back.
  void finish();

  // After finish(): the hooks, `listener` with the events, and each write's answer. What they throw
  // is logged.
  void answer(const std::function<void(std::span<const LoggedEvent>)>& listener);

  std::size_t size() const { return writes_.size(); }
  // Of the writes, how many were accepted up to this one.
  std::size_t up_to(std::uint64_t number) const;
  // After finish(): it was committed, and the log is to be emptied before the answers.
  bool wants_empty_log() const { return outcome_.ok() && tx_.scrub_; }

 private:
  struct Run {
    QueuedWrite write;
    bool undone = false;  // its own error is in the job
  };

  base::Result<> run_one(Run& run, bool first);

  BatchParts& parts_;
  Tx tx_;
  std::vector<Run> writes_;
  // The error, when there is one, is that of every write which has none of its own.
  base::Result<> outcome_;
};

}  // namespace store
