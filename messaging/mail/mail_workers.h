// MailWorkers: a few threads that seal and open mails, so that neither the courier, nor the writer,
// nor the mail thread waits for cryptography or the disk. Accounts take turns; of one account one
// job runs at a time, in the order in which they were posted.
//
// Safe from any thread. Threads start with the first jobs and end with stop().
#pragma once

#include <cstdint>
#include <thread>
#include <vector>

#include "base/fair_queue.h"
#include "base/function.h"
#include "base/ids.h"
#include "base/mutex.h"

namespace messaging::mail {

class MailWorkers {
 public:
  using Job = base::UniqueFunction<void()>;

  ~MailWorkers() { stop(); }

  // After stop() the job is dropped, like the jobs that wait then.
  void post(base::AccountId account, Job job);
  // Waits for the jobs under way. Not from a job.
  void stop();

 private:
  static constexpr std::size_t kThreads = 2;
  using Queue = base::FairQueue<std::uint32_t, Job>;

  void run();

  base::Mutex mutex_;
  base::Condition news_;
  Queue jobs_ GUARDED_BY(mutex_){base::FairQueueLimits{.under_way_each = 1}};
  std::size_t idle_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

}  // namespace messaging::mail
