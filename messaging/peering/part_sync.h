// PartSync: makes what was written of arriving files durable. A disk takes as long for two
// megabytes as for ten, so deposits that wait at the same time share a sync: one for each file, by
// a thread that does nothing else, while the next deposits are read, opened and written.
//
// Safe from any thread. The thread begins with the first file and ends with stop().
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

  // Answers on the thread, once all that was written before is durable or could not be made so.
  void add(store::SealedBlobWriter file, Done done);
  // Answers what waits, and everything later with Errc::unavailable.
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
