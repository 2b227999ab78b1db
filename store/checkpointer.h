// Checkpointer: moves the write-ahead log into the database file off the writer's path. Within
// store/.
//
// A thread with a connection of its own runs a passive checkpoint whenever the log has grown by a
// threshold; it blocks neither the writer nor readers. When the writer appended few pages
// meanwhile, it moves them itself between two batches (wanted()), after which the log starts over.
// After large transactions they are many: the thread moves them in its next round, and the writer
// only once the log is long. So the log stays bounded under load, unless a Reader is held. On a
// disk that is nearly full the writer moves a much shorter log, and waits for the thread's round:
// the pages that are not moved yet must fit into the reserve (reserve.h), or a full disk could not
// be emptied.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "store/connection.h"

namespace store {

class Checkpointer {
 public:
  // The disk is nearly full when it has less than `nearly_full` bytes left.
  Checkpointer(std::string path, ConnectionOptions options, std::uint64_t nearly_full);
  ~Checkpointer();

  // From the writer's thread: the log holds so many pages now. Begins a round unless one runs.
  void log_has(int pages);
  // From the writer's thread, after each batch. `move`: it should move the remainder, once after a
  // round. `restart`: the log should start over, on a disk that is nearly full.
  enum class Wanted { nothing, move, restart };
  Wanted wanted();
  bool idle() const { return phase_ == Phase::idle; }
  // The disk has little left.
  bool nearly_full() const;
  void stop();

  // One passive checkpoint on this connection; pages that cannot be moved now are moved later.
  static void move_passively(Connection& db);
  // Moves everything, so that the log starts over in its file, which keeps its room on the disk.
  static bool restart_log(Connection& db);
  // Moves everything and empties the log; false when somebody still reads from it, which may be
  // tried again. `patiently`: waits for readers, a quarter of a second at most; those that come
  // meanwhile read the database alone and are not waited for.
  static bool empty_log(Connection& db, bool patiently);

 private:
  void work();
  void end_round();

  const std::string path_;
  const ConnectionOptions options_;
  // The thread and the writer take turns with checkpoints, which would only delay each other.
  enum class Phase { idle, moving, remainder };
  std::atomic<Phase> phase_{Phase::idle};
  const std::uint64_t nearly_full_;
  // In the log, now and when the latest round began; the writer's thread.
  int pages_ = 0;
  int pages_at_round_ = 0;
  base::Mutex mutex_;
  base::Condition wake_;
  base::Condition round_ended_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace store
