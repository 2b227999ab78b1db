#include "messaging/mail/mail_workers.h"

#include <utility>

#include "base/thread_start.h"

namespace messaging::mail {

void MailWorkers::post(base::AccountId account, Job job) {
  base::Lock lock(mutex_);
  if (stopped_) return;
  if (!jobs_.push(account.value, std::move(job))) return;  // the queue is unbounded
  if (idle_ == 0 && threads_.size() < kThreads) {
    std::thread thread;
    // If no thread can be started, the jobs wait until the next one is posted, or for another
    // thread.
    base::start_thread(thread, [this] { run(); });
    if (thread.joinable()) threads_.push_back(std::move(thread));
  }
  news_.notify_one();
}

void MailWorkers::stop() {
  std::vector<std::thread> ended;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    ended.swap(threads_);
    news_.notify_all();
  }
  for (std::thread& thread : ended) thread.join();
  std::vector<Job> dropped;  // destroyed outside the lock: their destructors may complete calls
  {
    base::Lock lock(mutex_);
    dropped = jobs_.remove_if([](std::uint32_t, const Job&) { return true; });
  }
}

void MailWorkers::run() {
  for (;;) {
    std::optional<Queue::Popped> next;
    {
      base::Lock lock(mutex_);
      while (!stopped_ && !jobs_.ready()) {
        ++idle_;
        news_.wait(mutex_);
        --idle_;
      }
      if (stopped_) return;
      next = jobs_.pop();
    }
    next->item();
    next->item = nullptr;  // destroyed before the next of this account begins
    base::Lock lock(mutex_);
    jobs_.done(next->key);
    news_.notify_one();
  }
}

}  // namespace messaging::mail
