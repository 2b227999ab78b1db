// PartSync: syncs the files that arriving parts were written into. A sync of two megabytes takes as
// long as one of ten, so deposits that wait at the same time share one sync for each file. A thread
// of its own runs the syncs, while the next deposits are read, opened and written.
//
// Safe from any thread. The thread starts with the first file and ends with stop().
#pragma once

#include <thread>
#include <vector>

#include "base/function.h"
#include "base/mutex.h"
#include "base/result.h"
#include "store/blobs.h"

namespace messaging::peering {

class PartSync {
 public:
  using Done = base::UniqueFunction<void(base::Result<>)>;

  ~PartSync() { stop(); }

  // Calls `done` on the thread, once everything written before is durable, or the sync has failed.
  void add(store::SealedBlobWriter file, Done done);
  // Completes the syncs that wait; later calls of add() fail with Errc::unavailable.
  void stop();

 private:
  struct Waiting {
    store::SealedBlobWriter file;
    Done done;
  };
  void run();

  base::Mutex mutex_;
  base::Condition news_;
  std::vector<Waiting> waiting_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);
};

}  // namespace messaging::peering
