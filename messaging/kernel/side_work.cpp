#include "messaging/kernel/side_work.h"

#include <utility>

#include "base/thread_start.h"

namespace messaging::kernel {

void SideWork::add(const std::string& party, Step step) {
  base::Lock lock(mutex_);
  if (stopped_) return;
  if (!work_.push(party, std::move(step))) return;  // the queue is unbounded
  // If no thread can be started, the work waits until more is added.
  if (!thread_.joinable()) base::start_thread(thread_, [this] { run(); });
  news_.notify_one();
}

void SideWork::stop() {
  std::thread ended;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    ended.swap(thread_);
    news_.notify_one();
  }
  if (ended.joinable()) ended.join();
  std::vector<Step> dropped;  // destroyed outside the lock: their destructors may complete calls
  {
    base::Lock lock(mutex_);
    dropped = work_.remove_if([](const std::string&, const Step&) { return true; });
  }
}

void SideWork::run() {
  for (;;) {
    std::optional<base::FairQueue<std::string, Step>::Popped> next;
    {
      base::Lock lock(mutex_);
      while (!stopped_ && !work_.ready()) news_.wait(mutex_);
      if (stopped_) return;
      next = work_.pop();
    }
    const bool finished = next->item();
    base::Lock lock(mutex_);
    if (!finished) work_.push_rest(next->key, std::move(next->item));
    work_.done(next->key);
  }
}

}  // namespace messaging::kernel
