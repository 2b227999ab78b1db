// Intake: published events that are not in the ring yet. The ring takes an event if that evicts no
// event which a reader that keeps up has not been sent; others wait here, in order, up to a bound:
// beyond it the ring takes them, whatever it evicts.
//
// put(), wait_for_room() and close() from any thread; the rest is the hub thread's.
#pragma once

#include <cstddef>
#include <deque>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "gateway/hub/event_frame.h"

namespace gateway {

class Intake {
 public:
  // `unread_bytes`: so much waits for take() while nobody reads, before the hub is woken.
  Intake(std::size_t max_bytes, std::size_t max_events, std::size_t unread_bytes)
      : max_bytes_(max_bytes), max_events_(max_events), unread_bytes_(unread_bytes) {}

  // True when the hub has to be woken to take().
  bool put(std::vector<EventFrame> frames) EXCLUDES(mutex_);

  // For publishers that are faster than the hub's thread: returns once less than `bytes` wait for
  // its take(), which does not depend on readers, or after close().
  void wait_for_room(std::size_t bytes) EXCLUDES(mutex_);
  // How many wait for take().
  std::size_t unread() const EXCLUDES(mutex_);
  void close() EXCLUDES(mutex_);

  // Whether anybody reads. Take() follows when somebody begins to.
  void set_read(bool read) EXCLUDES(mutex_);
  // Later events wait behind the waiting ones.
  void take() EXCLUDES(mutex_);
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  const EventFrame& front() const { return waiting_.front(); }
  void pop();
  bool over_bound() const { return bytes_ > max_bytes_ || waiting_.size() > max_events_; }
  // An account was removed: drops its waiting events, all but those of the type `kept`.
  void forget(base::AccountId account, std::string_view kept);

 private:
  const std::size_t max_bytes_;
  const std::size_t max_events_;
  const std::size_t unread_bytes_;
  std::deque<EventFrame> waiting_;
  std::size_t bytes_ = 0;
  mutable base::Mutex mutex_;
  base::Condition taken_;
  std::vector<EventFrame> inbox_ GUARDED_BY(mutex_);
  std::size_t inbox_bytes_ GUARDED_BY(mutex_) = 0;
  bool read_ GUARDED_BY(mutex_) = false;
  bool woken_ GUARDED_BY(mutex_) = false;  // the hub was, and has not taken since
  bool closed_ GUARDED_BY(mutex_) = false;
};

// Patience: how long the ring may be held back for readers, so that they cannot hold everybody
// back for ever: `most` at once, and a twentieth of the time in the long run.
class Patience {
 public:
  static constexpr base::Millis kRegain = 20;  // milliseconds for one

  explicit Patience(base::Millis most) : most_(most), left_(most) {}
  // Whether some is left; the time until stop() is used up.
  bool wait(base::Millis now);
  void stop(base::Millis now);

 private:
  void count(base::Millis now);
  const base::Millis most_;
  base::Millis left_;
  base::Millis regained_ = 0;  // towards the next millisecond
  base::Millis counted_ = 0;   // up to this time
  bool waiting_ = false;
};

}  // namespace gateway
