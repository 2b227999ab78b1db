// Timer: answers after a while, without a thread per wait. One thread for all, started by the first
// wait. 10,000 wait at most. Safe from any thread. stop() (and the end) runs what still waits with
// `stopped` true; so does after() when there are too many.
#pragma once

#include <chrono>
#include <map>
#include <thread>

#include "base/function.h"
#include "base/mutex.h"

namespace rpc {

class Timer {
 public:
  static constexpr std::size_t kMaxWaiting = 10'000;
  using Task = base::UniqueFunction<void(bool stopped)>;

  Timer() = default;
  ~Timer() { stop(); }
  void after(std::chrono::milliseconds delay, Task task) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

 private:
  using Time = std::chrono::steady_clock::time_point;
  void run() EXCLUDES(mutex_);

  base::Mutex mutex_;
  base::Condition changed_;
  std::multimap<Time, Task> waiting_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::jthread thread_ GUARDED_BY(mutex_);
};

}  // namespace rpc
