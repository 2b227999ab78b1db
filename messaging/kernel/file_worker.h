// FileWorker: a few threads with a queue, which copy files between callers' paths and sealed blobs,
// so that no other thread blocks in a long copy. Safe from any thread.
//
// Callers (base/cancel_scope.h) take turns, and one job per caller is under way at a time: a copy
// that takes minutes occupies one thread and leaves the others to other callers. A job is cancelled
// when its caller disconnects. A thread starts when a job finds none idle.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "base/completion.h"
#include "base/fair_queue.h"
#include "base/function.h"
#include "base/mutex.h"
#include "base/result.h"

namespace messaging::kernel {

class FileWorker {
 public:
  // A job checks the token between chunks and stops when it is requested.
  using Job = base::UniqueFunction<void(std::stop_token)>;

  static constexpr std::size_t kThreads = 4;
  explicit FileWorker(std::size_t threads = kThreads) : most_threads_(threads) {}
  ~FileWorker();  // stop()

  // Refused (Errc::unavailable) when too many jobs wait, of this caller or in all, or after stop().
  base::Result<> post(Job job);
  // A job that completes `done` itself, job(stop, done); a refusal completes it here.
  template <class T, class F>
  void answer(base::Completion<T> done, F job) {
    auto shared = std::make_shared<base::Completion<T>>(std::move(done));
    auto posted = post([shared, job = std::move(job)](const std::stop_token& stop) mutable {
      job(stop, *shared);
    });
    if (!posted) (*shared)(std::move(posted).error());
  }
  // Requests the running jobs to stop, drops the waiting ones (their completions get an error) and
  // ends the threads.
  void stop();

 private:
  static constexpr base::FairQueueLimits kLimits{
      .waiting = 4'096, .waiting_each = 1'024, .under_way_each = 1};
  struct Waiting {
    Job job;
    std::optional<base::Cancellation> cancellation;
  };
  using Queue = base::FairQueue<std::string, Waiting>;

  void run();
  void wake_one() REQUIRES(mutex_);
  bool add_thread() REQUIRES(mutex_);

  const std::size_t most_threads_;
  base::Mutex mutex_;
  base::Condition news_;
  Queue jobs_ GUARDED_BY(mutex_){kLimits};
  std::list<std::stop_source> running_ GUARDED_BY(mutex_);  // of the jobs under way
  std::size_t idle_ GUARDED_BY(mutex_) = 0;                 // threads
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

}  // namespace messaging::kernel
