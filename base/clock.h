// Clock: wall time for people and the boot clock for durations (decision 18), one interface so that
// a test can move both by hand. Safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace base {

using UnixMillis = std::int64_t;  // milliseconds since 1970, UTC
using Millis = std::int64_t;      // a duration in milliseconds

class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixMillis now() const = 0;  // wall time: may jump either way
  virtual Millis uptime() const = 0;   // CLOCK_BOOTTIME: never goes back, counts while suspended
};

class SystemClock final : public Clock {
 public:
  UnixMillis now() const override;
  Millis uptime() const override;
};

// Moved by hand in tests.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixMillis start = 1'800'000'000'000) : wall_(start) {}
  UnixMillis now() const override { return wall_; }
  Millis uptime() const override { return uptime_; }
  void advance(Millis by) {
    wall_ += by;
    uptime_ += by;
  }
  void jump_wall(Millis by) { wall_ += by; }

 private:
  std::atomic<UnixMillis> wall_;
  std::atomic<Millis> uptime_{1'000'000};
};

}  // namespace base
