#include "messaging/timekeeper.h"

#include <algorithm>
#include <cstdlib>

namespace messaging {
namespace {

constexpr base::Millis kStep = 3600 * base::Millis{1000};
constexpr base::Millis kLongestOff = 30 * 24 * kStep;

}  // namespace

void Timekeeper::resume(std::optional<base::UnixMillis> last) {
  base::Lock lock(mutex_);
  const base::UnixMillis wall = clock_.now();
  uptime_ = clock_.uptime();
  begun_ = true;
  // Off for a while, or set back a little: the later of both, so that no window grows. Otherwise the
  // old mark stands, and read() finds the wall clock far from it.
  const bool plausible = !last || (wall > *last - kStep && wall < *last + kLongestOff);
  wall_ = !last ? wall : plausible ? std::max(wall, *last) : *last;
}

Timekeeper::Reading Timekeeper::read_locked() const {
  const base::UnixMillis wall = clock_.now();
  if (!begun_) return {wall, false};
  const base::UnixMillis expected = wall_ + (clock_.uptime() - uptime_);
  if (std::llabs(wall - expected) > kStep) return {expected, true};
  return {std::max(wall, expected), false};
}

Timekeeper::Reading Timekeeper::read() const {
  base::Lock lock(mutex_);
  return read_locked();
}

void Timekeeper::heard(base::UnixMillis theirs) {
  base::Lock lock(mutex_);
  if (!read_locked().suspect) return;
  const base::UnixMillis wall = clock_.now();
  if (theirs <= wall - kStep || theirs >= wall + kStep) return;
  wall_ = wall;
  uptime_ = clock_.uptime();
}

std::optional<base::UnixMillis> Timekeeper::mark() {
  base::Lock lock(mutex_);
  const Reading reading = read_locked();
  if (reading.suspect) return std::nullopt;
  wall_ = reading.now;
  uptime_ = clock_.uptime();
  return wall_;
}

}  // namespace messaging
