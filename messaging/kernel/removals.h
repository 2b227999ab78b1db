// Removals: counts the removals of accounts that are complete, for callers that wait for one.
// Shared, because the last portion of a removal may end after the engine. Safe from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

#include "base/mutex.h"

namespace messaging::kernel {

class Removals {
 public:
  std::uint64_t ended() const {
    base::Lock lock(mutex_);
    return ended_;
  }
  void note_end() {
    base::Lock lock(mutex_);
    ++ended_;
    changed_.notify_all();
  }
  // Waits until more than `seen` are complete, `stop` is requested, or the time is over.
  void wait(std::uint64_t seen, const std::stop_token& stop,
            std::chrono::steady_clock::time_point until) const {
    const std::stop_callback wake(stop, [this] {
      base::Lock lock(mutex_);
      changed_.notify_all();
    });
    base::Lock lock(mutex_);
    while (ended_ == seen && !stop.stop_requested()) {
      const auto left = until - std::chrono::steady_clock::now();
      if (left <= left.zero()) return;
      changed_.wait_for(mutex_, left);
    }
  }

 private:
  mutable base::Mutex mutex_;
  mutable base::Condition changed_;
  std::uint64_t ended_ GUARDED_BY(mutex_) = 0;
};

}  // namespace messaging::kernel
