// Expiry: a thread that ends the windows of protected files when they are over. It sleeps unless a
// window is open; nothing depends on it for what may be opened, since every opening looks at the
// time itself. Safe from any thread.
#pragma once

#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"

namespace messaging {

class Core;

class Expiry {
 public:
  explicit Expiry(Core& core) : core_(core) {}
  ~Expiry() { stop(); }

  void start();
  void stop();  // keeps the time once more, so that a stop gives no window a minute
  void look();  // windows changed

 private:
  void run();
  void end_windows();

  Core& core_;
  base::Mutex mutex_;
  base::Condition news_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool changed_ GUARDED_BY(mutex_) = true;
  std::jthread thread_;
};

}  // namespace messaging
