// Expiry: a thread that ends whatever has an end: windows of protected files, timers of messages,
// ringing calls. It sleeps while there is none, except for a check once a minute. Access control
// does not depend on this thread, because every opening checks the time itself. Safe from any
// thread.
#pragma once

#include <functional>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"

namespace store {
class Connection;
}  // namespace store
namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::delivery {

class Expiry {
 public:
  // One kind of thing with an end, by the trusted wall clock.
  struct Kind {
    // The next end in any account.
    base::Result<std::optional<base::UnixMillis>> (*next)(store::Connection& db);
    // Ends those of an account whose time is over. Must not wait for a write.
    std::function<void(base::AccountId)> end;
    bool each_minute = false;  // end() is called once a minute as well
  };
  Expiry(kernel::Core& core, std::vector<Kind> kinds) : core_(core), kinds_(std::move(kinds)) {}
  ~Expiry() { stop(); }

  void start();
  void stop();  // saves the time once more, so that a restart extends no window
  void look();  // the ends have changed

 private:
  void run();
  void end_what_is_over(bool due);
  std::optional<base::UnixMillis> next_due() const;

  kernel::Core& core_;
  const std::vector<Kind> kinds_;
  base::Mutex mutex_;
  base::Condition news_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool changed_ GUARDED_BY(mutex_) = true;
  std::jthread thread_;
};

}  // namespace messaging::delivery
