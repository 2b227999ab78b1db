// WriteQueue: the writes that wait for the writer, served in turn by party (decision 33), and the
// parties that let others go first. Within store/.
//
// A party whose last write took over 3 ms, or changed over 256 KiB of pages, which its COMMIT has
// to sync, is slow. Its next write runs alone in its transaction, and while others write too it
// rests after each for twice as long as that took with its COMMIT and its answer: what such parties
// take of the writer's time is a third of it at most. Writes of the daemon's own ("") do not rest:
// some of them are everybody's.
//
// Threads: none of its own and no lock; the writer's mutex guards it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/fair_queue.h"
#include "base/last_served.h"
#include "store/write_job.h"

namespace store {

class WriteQueue {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration kLongWrite = std::chrono::milliseconds(3);
  static constexpr std::int64_t kManyPages = 64;
  static constexpr int kRest = 2;  // times as long as the write took
  static constexpr Clock::duration kLongestRest = std::chrono::milliseconds(50);

  // `most` writes wait at once, of one party half of them.
  explicit WriteQueue(std::size_t most);

  // False when the queue is full; `write` was not taken then. It is never full for the first writes
  // of a party, however many parties there are.
  [[nodiscard]] bool put(const std::string& party, QueuedWrite&& write);
  std::size_t size() const { return queue_.size(); }

  // Whether a write is to be run now.
  bool ready();
  // How long until one may be ready without a further one being put: a party has rested. None when
  // nothing waits.
  std::optional<Clock::duration> until_ready() const;
  // Whether the next write is one of a slow party.
  bool next_runs_alone() { return ready() && slow_.contains(*queue_.next()); }
  // Writes of slow parties come after those of others which wait now.
  void let_others_first();

  using Taken = base::FairQueue<std::string, QueuedWrite>::Popped;
  std::optional<Taken> take() { return ready() ? queue_.pop() : std::nullopt; }
  // After each write that was taken has run: who submitted meanwhile comes before the same party's
  // next one.
  void end_turn(const std::string& party);
  // After the COMMIT: of its writes this party's took longest. Whether the party is slow.
  bool judge(const std::string& party, Clock::duration took, std::int64_t pages);
  // After the answers of a batch begun at `begun`: a slow party rests.
  void give_rest(const std::string& party, Clock::time_point begun);
  // From now on no party rests.
  void end_rests() { resting_ = false; }

 private:
  const std::size_t assured_;  // waiting writes, to each party
  bool resting_ = true;
  base::FairQueue<std::string, QueuedWrite> queue_;
  std::unordered_map<std::string, Clock::time_point> slow_;  // until when each rests
  base::LastServed served_;
};

}  // namespace store
