// Timekeeper: the time by which windows of protected files end (decision 18). It follows the boot
// clock while the daemon runs and the wall clock while it is off, so that moving the wall clock opens
// nothing: it never goes back, and a wall clock that stands more than an hour beside the boot clock,
// went back while the daemon was off, or claims that it was off for over 30 days, is suspect until a
// contact's time agrees with it. While it is suspect windows stay closed and nothing is destroyed.
//
// Safe from any thread.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "store/store.h"

namespace messaging {

class Timekeeper {
 public:
  explicit Timekeeper(const base::Clock& clock) : clock_(clock) {}

  // At the start: the time that was trusted last; nothing on the first one ever.
  void resume(std::optional<base::UnixMillis> last);

  struct Reading {
    base::UnixMillis now = 0;
    bool suspect = false;
  };
  Reading read() const;

  // What a contact's clock said in something that has just arrived. Ends a suspicion when it agrees
  // with the wall clock.
  void heard(base::UnixMillis theirs);

  // Follows small corrections of the wall clock, and what is to be kept for the next start; nothing
  // while it is suspect.
  std::optional<base::UnixMillis> mark();

 private:
  Reading read_locked() const REQUIRES(mutex_);

  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  bool begun_ GUARDED_BY(mutex_) = false;
  base::UnixMillis wall_ GUARDED_BY(mutex_) = 0;   // trusted at uptime_
  base::Millis uptime_ GUARDED_BY(mutex_) = 0;
};

}  // namespace messaging
