// FileWorker: one thread with a queue, for copying files between callers' paths and sealed blobs,
// so that no other thread sits in a long copy. Safe from any thread.
#pragma once

#include <deque>
#include <memory>
#include <stop_token>
#include <thread>

#include "base/completion.h"
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
  static constexpr std::size_t kMaxWaiting = 1024;

  void run(std::stop_token stop);

  base::Mutex mutex_;
  base::Condition news_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace messaging
