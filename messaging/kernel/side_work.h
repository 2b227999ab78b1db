// SideWork: a thread for long computations that must not hold up the writer, such as walking a
// chain of keys. Work is cut into steps of a few milliseconds; parties take turns, one step each,
// so that one party's work delays another by a step.
//
// Safe from any thread. The thread starts with the first work and ends with stop().
#pragma once

#include <string>
#include <thread>

#include "base/fair_queue.h"
#include "base/function.h"
#include "base/mutex.h"

namespace messaging::kernel {

class SideWork {
 public:
  // Does a small piece; true when the work is complete.
  using Step = base::UniqueFunction<bool()>;

  ~SideWork() { stop(); }

  // After stop() the work is dropped.
  void add(const std::string& party, Step step);
  // Waits for the step under way and drops the rest. Not from a step.
  void stop();

 private:
  void run();

  base::Mutex mutex_;
  base::Condition news_;
  base::FairQueue<std::string, Step> work_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);
};

}  // namespace messaging::kernel
