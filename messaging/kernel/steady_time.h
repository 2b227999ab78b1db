// SteadyTime: the clock for durations of days (decision 18), such as the age of a message or of a
// mark. Its values look like Unix milliseconds and start as wall time, but advance by the boot
// clock while the daemon runs, and by wall time only while it was off. A jump of the wall clock
// does not move this clock.
//
// The clock is suspect after a wall step of over an hour, a stop that seems to have lasted over 30
// days or a negative time, or when a peer's clock differs by over an hour, until a peer's clock
// agrees. While the clock is suspect nothing expires permanently.
//
// wall() is for deadlines in wall time, such as the windows of protected files: the wall clock as
// far as it is trusted. It follows small corrections and never goes back. Only changes of our own
// clock make it suspect, so that no peer can end access to our files by a wrong clock.
//
// Safe from any thread.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/mutex.h"

namespace messaging::kernel {

inline constexpr base::Millis kSuspectStep = 3600 * base::Millis{1000};
inline constexpr base::Millis kSuspectOff = 30 * 24 * 3600 * base::Millis{1000};

class SteadyTime {
 public:
  // The saved state, written about once a minute.
  struct Saved {
    base::UnixMillis steady = 0;
    base::UnixMillis wall = 0;
    base::Millis doubtful_off = 0;  // added once the clock is trusted again
    bool suspect = false;
    base::UnixMillis trusted = 0;  // wall() when it was trusted last; 0: unknown
  };

  // nullopt: a new store.
  SteadyTime(const base::Clock& clock, std::optional<Saved> saved);

  base::UnixMillis now() const;
  bool suspect() const;
  // Time since the start: no message should expire before it had a chance to be delivered.
  base::Millis running() const;

  struct Wall {
    base::UnixMillis now = 0;
    bool suspect = false;
  };
  Wall wall() const;

  // Checks for a step of the wall clock since the last call.
  void look();
  // Compares with a peer's clock.
  void compare(base::UnixMillis peer);
  // Compares with the time that a contact wrote into a message. Agreement counts; a difference does
  // not, because the message may have been under way for long.
  void compare_contact(base::UnixMillis contact);
  Saved save() const;

 private:
  base::UnixMillis now_locked() const REQUIRES(mutex_);
  Wall wall_locked() const REQUIRES(mutex_);
  void believe_wall() REQUIRES(mutex_);

  const base::Clock& clock_;
  const base::Millis started_;  // on the boot clock
  mutable base::Mutex mutex_;
  base::UnixMillis at_start_ GUARDED_BY(mutex_);
  base::Millis drift_ GUARDED_BY(mutex_) = 0;  // wall minus boot clock, at the last check
  base::Millis doubtful_off_ GUARDED_BY(mutex_) = 0;
  bool suspect_ GUARDED_BY(mutex_) = false;
  base::UnixMillis trusted_ GUARDED_BY(mutex_);  // wall(), at trusted_uptime_
  base::Millis trusted_uptime_ GUARDED_BY(mutex_);
};

}  // namespace messaging::kernel
