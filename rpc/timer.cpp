#include "rpc/timer.h"

namespace rpc {

void Timer::after(std::chrono::milliseconds delay, Task task) {
  {
    base::Lock lock(mutex_);
    if (!stopped_ && waiting_.size() < kMaxWaiting) {
      waiting_.emplace(std::chrono::steady_clock::now() + delay, std::move(task));
      if (!thread_.joinable()) thread_ = std::jthread([this] { run(); });
      changed_.notify_one();
      return;
    }
  }
  task(true);
}

void Timer::stop() {
  std::jthread thread;
  std::multimap<Time, Task> left;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
    thread = std::move(thread_);
    left.swap(waiting_);
  }
  if (thread.joinable()) thread.join();
  for (auto& [time, task] : left) task(true);
}

void Timer::run() {
  while (true) {
    Task due;
    {
      base::Lock lock(mutex_);
      while (!due) {
        if (stopped_) return;
        if (waiting_.empty()) {
          changed_.wait(mutex_);
          continue;
        }
        const auto first = waiting_.begin();
        const auto left = first->first - std::chrono::steady_clock::now();
        if (left > std::chrono::nanoseconds::zero()) {
          changed_.wait_for(mutex_, left);
          continue;
        }
        due = std::move(first->second);
        waiting_.erase(first);
      }
    }
    due(false);
  }
}

}  // namespace rpc
