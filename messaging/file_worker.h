// FileWorker: one thread with a queue, for copying files between callers' paths and sealed blobs, so
// that no other thread sits in a long copy. Safe from any thread.
#pragma once

#include <deque>
#include <stop_token>
#include <thread>

#include "base/function.h"
#include "base/mutex.h"
#include "base/result.h"

namespace messaging {

class FileWorker {
 public:
  // A job looks at the token between chunks and gives up when it is asked to stop.
  using Job = base::UniqueFunction<void(std::stop_token)>;

  FileWorker();
  ~FileWorker();  // stop()

  // Jobs run one after the other. Refused (Errc::unavailable) when too many wait or after stop().
  base::Result<> post(Job job);
  // Asks the running job to give up, drops what waits (their completions say so) and ends the
  // thread.
  void stop();

 private:
  static constexpr std::size_t kMaxWaiting = 1024;

  void run(std::stop_token stop);

  base::Mutex mutex_;
  base::Condition news_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace messaging
