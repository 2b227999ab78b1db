// Tally: answers that a test waits for.
#pragma once

#include <cstddef>

#include "base/mutex.h"

namespace test {

// Counts answers; waits until as many came.
class Tally {
 public:
  void add() {
    base::Lock lock(mutex_);
    ++count_;
    came_.notify_all();
  }
  void wait_for(std::size_t count) {
    base::Lock lock(mutex_);
    while (count_ < count) came_.wait(mutex_);
  }

 private:
  base::Mutex mutex_;
  base::Condition came_;
  std::size_t count_ GUARDED_BY(mutex_) = 0;
};

}  // namespace test
