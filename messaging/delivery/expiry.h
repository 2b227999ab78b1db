// Expiry: a thread that ends access to protected files when their windows are over. It sleeps
// unless a window is open. Access control does not depend on this thread, because every opening
// checks the time itself. Safe from any thread.
#pragma once

#include <functional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::delivery {

class Expiry {
 public:
  // `end_windows` ends the windows of an account that are over; it must not block.
  Expiry(kernel::Core& core, std::function<void(base::AccountId)> end_windows)
      : core_(core), end_windows_of_(std::move(end_windows)) {}
  ~Expiry() { stop(); }

  void start();
  void stop();  // saves the time once more, so that a restart extends no window
  void look();  // windows changed

 private:
  void run();
  void end_windows();

  kernel::Core& core_;
  const std::function<void(base::AccountId)> end_windows_of_;
  base::Mutex mutex_;
  base::Condition news_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool changed_ GUARDED_BY(mutex_) = true;
  std::jthread thread_;
};

}  // namespace messaging::delivery
