// Expiry: a thread that ends access to protected files when their windows are over, and has
// messages removed when their timers are. It sleeps unless a window is open or a timer runs, but
// for a look once a minute. Access control does not depend on this thread, because every opening
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
  // What ends what is over of an account. Neither may wait for a write.
  struct Ends {
    std::function<void(base::AccountId)> windows;
    std::function<void(base::AccountId)> messages;
  };
  Expiry(kernel::Core& core, Ends ends) : core_(core), ends_(std::move(ends)) {}
  ~Expiry() { stop(); }

  void start();
  void stop();  // saves the time once more, so that a restart extends no window
  void look();  // windows or timers changed

 private:
  void run();
  void end_what_is_over(bool windows_too);

  kernel::Core& core_;
  const Ends ends_;
  base::Mutex mutex_;
  base::Condition news_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool changed_ GUARDED_BY(mutex_) = true;
  std::jthread thread_;
};

}  // namespace messaging::delivery
