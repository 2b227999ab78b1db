// StartCheck: checks once, soon after the start, whether each table can be read at its ends
// (quick_check), so that damage is known before more is written.
// Within store/.
//
// It has a thread and a connection of its own, for a moment: a start waits neither for the check
// nor for the pages that only the check needs. Damage reaches the Health named in the options.
#pragma once

#include <string>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "store/connection.h"

namespace store {

class StartCheck {
 public:
  // Begins after this time; `options` are those of a reader.
  StartCheck(std::string path, ConnectionOptions options, base::Millis after);
  ~StartCheck();

  // Returns when the check has ended, or was given up before it began. Any thread, but only one.
  void stop();

 private:
  void work();

  const std::string path_;
  const ConnectionOptions options_;
  const base::Millis after_;
  base::Mutex mutex_;
  base::Condition wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace store
