// FileWorker: one thread with a queue, for copying files between callers' paths and sealed blobs,
// so that no other thread sits in a long copy. Safe from any thread.
//
// Callers take turns, one job each (base/cancel_scope.h names them), and a job ends with the
// connection of its caller.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/cancellation.h"
#include "base/completion.h"
#include "base/fair_queue.h"
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

  // Refused (Errc::unavailable) when too many wait, of this caller or in all, or after stop().
  base::Result<> post(Job job);
  // A job that answers `done` itself, job(stop, done); answered here when it is refused.
  template <class T, class F>
  void answer(base::Completion<T> done, F job) {
    auto shared = std::make_shared<base::Completion<T>>(std::move(done));
    auto posted = post([shared, job = std::move(job)](const std::stop_token& stop) mutable {
      job(stop, *shared);
    });
    if (!posted) (*shared)(std::move(posted).error());
  }
  // Asks the running job to give up, drops what waits (their completions say so) and ends the
  // thread.
  void stop();

 private:
  static constexpr base::FairQueueLimits kLimits{.waiting = 4'096, .waiting_each = 1'024};
  struct Waiting {
    Job job;
    std::optional<base::Cancellation> cancellation;
  };
  using Queue = base::FairQueue<std::string, Waiting>;

  void run();

  base::Mutex mutex_;
  base::Condition news_;
  Queue jobs_ GUARDED_BY(mutex_){kLimits};
  std::stop_source running_ GUARDED_BY(mutex_);  // of the job under way
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace messaging
