// SteadyTime: the time by which durations of days are counted (decision 18): how long a message has
// waited, how old a mark is. It looks like Unix milliseconds and begins as wall time, but goes on
// by the boot clock while the daemon runs, and by wall time only while it was off. A wall clock
// that jumps does not move it.
//
// It is suspect after a wall step of over an hour, a stop that seems to have lasted over 30 days or
// less than nothing, or when a peer's clock is over an hour from ours, until a peer's clock agrees.
// While it is suspect nothing expires for good. Safe from any thread.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/mutex.h"

namespace messaging {

inline constexpr base::Millis kSuspectStep = 3600 * base::Millis{1000};
inline constexpr base::Millis kSuspectOff = 30 * 24 * 3600 * base::Millis{1000};

class SteadyTime {
 public:
  // What has to be kept, written about once a minute.
  struct Saved {
    base::UnixMillis steady = 0;
    base::UnixMillis wall = 0;
    base::Millis doubtful_off = 0;  // counted once the clock is trusted again
    bool suspect = false;
  };

  // Nothing saved: a new store.
  SteadyTime(const base::Clock& clock, std::optional<Saved> saved);

  base::UnixMillis now() const;
  bool suspect() const;
  // Since the start: nothing should expire before it had a chance to be delivered.
  base::Millis running() const;

  // Looks for a step of the wall clock since the last look.
  void look();
  // What a peer's clock says.
  void compare(base::UnixMillis peer);
  Saved save() const;

 private:
  base::UnixMillis now_locked() const REQUIRES(mutex_);

  const base::Clock& clock_;
  const base::Millis started_;  // on the boot clock
  mutable base::Mutex mutex_;
  base::UnixMillis at_start_ GUARDED_BY(mutex_);
  base::Millis drift_ GUARDED_BY(mutex_) = 0;  // wall minus boot clock, at the last look
  base::Millis doubtful_off_ GUARDED_BY(mutex_) = 0;
  bool suspect_ GUARDED_BY(mutex_) = false;
};

}  // namespace messaging
