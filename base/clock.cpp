#include "base/clock.h"

#include <ctime>

namespace base {
namespace {

std::int64_t read_millis(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
}

}  // namespace

UnixMillis SystemClock::now() const { return read_millis(CLOCK_REALTIME); }
Millis SystemClock::uptime() const { return read_millis(CLOCK_BOOTTIME); }

}  // namespace base
