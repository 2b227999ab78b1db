// SteadyTime: the time by which durations of days are counted (decision 18): how long a message has
// waited, how old a mark is. It looks like Unix milliseconds and begins as wall time, but goes on
// by the boot clock while the daemon runs, and by wall time only while it was off. A wall clock
// that jumps does not move it.
//
// It is suspect after a wall step of over an hour, a stop that seems to have lasted over 30 days or
// less than nothing, or when a peer's clock is over an hour from ours, until a peer's clock agrees.
// While it is suspect nothing expires for good.
//
// wall() is the same for what ends at a time of somebody's wall clock, as windows of protected
// files do: the wall clock as far as it is believed. It follows small corrections and never goes
// back, and only what moves our own clock puts it in doubt: no peer closes our files by a wrong
// clock.
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
  // What has to be kept, written about once a minute.
  struct Saved {
    base::UnixMillis steady = 0;
    base::UnixMillis wall = 0;
    base::Millis doubtful_off = 0;  // counted once the clock is trusted again
    bool suspect = false;
    base::UnixMillis trusted = 0;  // what wall() was when it was believed last; 0 not known
  };

  // Nothing saved: a new store.
  SteadyTime(const base::Clock& clock, std::optional<Saved> saved);

  base::UnixMillis now() const;
  bool suspect() const;
  // Since the start: nothing should expire before it had a chance to be delivered.
  base::Millis running() const;

  struct Wall {
    base::UnixMillis now = 0;
    bool suspect = false;
  };
  Wall wall() const;

  // Looks for a step of the wall clock since the last look.
  void look();
  // What a peer's clock says.
  void compare(base::UnixMillis peer);
  // What a contact says its clock was when it wrote something: that agrees or proves nothing, since
  // it may have been long under way.
  void heard(base::UnixMillis contact);
  Saved save() const;

 private:
  base::UnixMillis now_locked() const REQUIRES(mutex_);
  Wall wall_locked() const REQUIRES(mutex_);
  void believe_wall() REQUIRES(mutex_);

  const base::Clock& clock_;
  const base::Millis started_;  // on the boot clock
  mutable base::Mutex mutex_;
  base::UnixMillis at_start_ GUARDED_BY(mutex_);
  base::Millis drift_ GUARDED_BY(mutex_) = 0;  // wall minus boot clock, at the last look
  base::Millis doubtful_off_ GUARDED_BY(mutex_) = 0;
  bool suspect_ GUARDED_BY(mutex_) = false;
  base::UnixMillis trusted_ GUARDED_BY(mutex_);  // wall(), at trusted_uptime_
  base::Millis trusted_uptime_ GUARDED_BY(mutex_);
};

}  // namespace messaging::kernel
