#include "messaging/kernel/steady_time.h"

#include <algorithm>

#include "base/log.h"

namespace messaging::kernel {
namespace {

// After a plausible stop, or a small step back, uses the later of both times, so that no window
// grows. Otherwise keeps the saved time; the next check notices the difference to the wall clock.
base::UnixMillis trusted_after_stop(base::UnixMillis wall, base::UnixMillis last) {
  const bool plausible = last == 0 || (wall > last - kSuspectStep && wall < last + kSuspectOff);
  return plausible ? std::max(wall, last) : last;
}

}  // namespace

SteadyTime::SteadyTime(const base::Clock& clock, std::optional<Saved> saved)
    : clock_(clock),
      started_(clock.uptime()),
      at_start_(saved ? saved->steady : clock.now()),
      drift_(clock.now() - clock.uptime()),
      trusted_(trusted_after_stop(clock.now(), saved ? saved->trusted : 0)),
      trusted_uptime_(started_) {
  if (!saved) return;
  suspect_ = saved->suspect;
  doubtful_off_ = saved->doubtful_off;
  const base::Millis off = clock.now() - saved->wall;
  if (off < 0) {
    suspect_ = true;
  } else if (off > kSuspectOff || suspect_) {
    suspect_ = true;
    doubtful_off_ += off;
  } else {
    at_start_ += off;
  }
  if (suspect_) {
    base::log::warning(
        "the clock may be wrong ({} s since the last run): nothing expires until a "
        "peer's clock agrees",
        off / 1000);
  }
}

base::UnixMillis SteadyTime::now_locked() const { return at_start_ + clock_.uptime() - started_; }

base::UnixMillis SteadyTime::now() const {
  base::Lock lock(mutex_);
  return now_locked();
}

bool SteadyTime::suspect() const {
  base::Lock lock(mutex_);
  return suspect_;
}

base::Millis SteadyTime::running() const { return clock_.uptime() - started_; }

SteadyTime::Wall SteadyTime::wall_locked() const {
  const base::UnixMillis wall = clock_.now();
  const base::UnixMillis expected = trusted_ + (clock_.uptime() - trusted_uptime_);
  if (std::llabs(wall - expected) > kSuspectStep) return {expected, true};
  return {std::max(wall, expected), false};
}

SteadyTime::Wall SteadyTime::wall() const {
  base::Lock lock(mutex_);
  return wall_locked();
}

void SteadyTime::believe_wall() {
  trusted_ = clock_.now();
  trusted_uptime_ = clock_.uptime();
}

void SteadyTime::compare_contact(base::UnixMillis contact) {
  base::Lock lock(mutex_);
  if (wall_locked().suspect && std::llabs(contact - clock_.now()) <= kSuspectStep) believe_wall();
}

void SteadyTime::look() {
  base::Lock lock(mutex_);
  if (const Wall wall = wall_locked(); !wall.suspect) {
    trusted_ = wall.now;
    trusted_uptime_ = clock_.uptime();
  }
  const base::Millis drift = clock_.now() - clock_.uptime();
  const base::Millis step = drift - drift_;
  drift_ = drift;
  if (std::llabs(step) <= kSuspectStep) return;
  suspect_ = true;
  base::log::warning("the clock was moved by {} s: nothing expires until a peer's clock agrees",
                     step / 1000);
}

void SteadyTime::compare(base::UnixMillis peer) {
  base::Lock lock(mutex_);
  const bool agrees = std::llabs(peer - clock_.now()) <= kSuspectStep;
  if (agrees && wall_locked().suspect) believe_wall();
  if (agrees == !suspect_) return;
  suspect_ = !agrees;
  if (!agrees) {
    base::log::warning(
        "a peer's clock is over an hour from ours: nothing expires until one agrees");
    return;
  }
  base::log::info("a peer's clock agrees with ours again");
  at_start_ += doubtful_off_;
  doubtful_off_ = 0;
}

SteadyTime::Saved SteadyTime::save() const {
  base::Lock lock(mutex_);
  return {now_locked(), clock_.now(), doubtful_off_, suspect_, trusted_};
}

}  // namespace messaging::kernel
