// SideWork: a thread for what must not be done while others wait for it, such as walking a chain of
// keys between two writes. Work is cut into steps of a few milliseconds; parties take turns, one
// step each, so that the work of one delays another by a step.
//
// Safe from any thread. The thread begins with the first work and ends with stop().
#pragma once

#include <string>
#include <thread>

#include "base/fair_queue.h"
#include "base/function.h"
#include "base/mutex.h"

namespace messaging::kernel {

class SideWork {
 public:
  // Does a little; true when nothing is left to do.
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
