// EventLoop: one thread, one epoll set, timers and work posted from other threads.
//
// Threads: post() and stop() may be called from any thread (stop() also from a signal handler);
// everything else belongs to the thread inside run(), or to the one that builds things before
// run(). Callbacks never overlap and must not block. Handlers are not owned; the owner of one
// calls remove() before the handler or its descriptor goes away: after remove() no event that was
// already collected is delivered any more.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/function.h"
#include "base/mutex.h"
#include "base/result.h"
#include "gateway/loop/fd.h"

namespace gateway {

class EventLoop;

// Is called when a descriptor is ready. `events` is epoll's mask (EPOLLIN, EPOLLOUT, EPOLLRDHUP,
// EPOLLHUP, EPOLLERR).
class IoHandler {
 public:
  virtual void on_io(std::uint32_t events) = 0;

 protected:
  ~IoHandler() = default;
};

// One deadline that can be armed again and again; costs 48 bytes and O(log n) to arm. Destroying it
// disarms it, but not from inside its own callback. Belongs to the loop's thread.
class Timer {
 public:
  Timer(EventLoop& loop, base::UniqueFunction<void()> fire);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void arm(base::Millis from_now);   // replaces an earlier deadline; 0: in the next pass
  void arm_at(base::Millis uptime);  // by the loop's clock
  void disarm();
  bool armed() const { return at_ != kNowhere; }
  base::Millis deadline() const { return deadline_; }  // while armed

 private:
  friend class EventLoop;
  static constexpr std::size_t kNowhere = ~std::size_t{0};
  EventLoop& loop_;
  base::UniqueFunction<void()> fire_;
  base::Millis deadline_ = 0;
  std::size_t at_ = kNowhere;  // its place in the loop's heap
};

class EventLoop {
 public:
  // The clock decides when timers fire; a test that moves it by hand calls post() to be noticed.
  static base::Result<std::unique_ptr<EventLoop>> create(const base::Clock& clock);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // `events` as for epoll_ctl: level-triggered unless it holds EPOLLET.
  base::Result<> add(int fd, std::uint32_t events, IoHandler& handler);
  base::Result<> modify(int fd, std::uint32_t events, IoHandler& handler);
  void remove(int fd, IoHandler& handler);

  // Runs `work` on the loop's thread, in the order posted. Many posts cost one wake-up. What is
  // posted after run() returned is dropped with the loop.
  void post(base::UniqueFunction<void()> work);
  // Requests a call after the events of this pass: for work in bounded slices. Loop thread.
  void defer(base::UniqueFunction<void()> work);

  void run();   // returns after stop()
  void stop();  // the current pass is finished first
  bool in_loop() const;
  base::Millis now() const { return now_; }  // the clock's uptime, read once a pass
  const base::Clock& clock() const { return clock_; }

 private:
  friend class Timer;
  explicit EventLoop(const base::Clock& clock) : clock_(clock) {}
  void wake();
  bool run_posted();
  void fire_timers();
  int timeout() const;
  void place(std::size_t at, Timer* timer);
  void sift_up(std::size_t at);
  void sift_down(std::size_t at);
  void insert(Timer& timer);
  void erase(Timer& timer);

  const base::Clock& clock_;
  Fd epoll_;
  Fd wake_;
  base::Millis now_ = 0;
  std::vector<Timer*> timers_;  // a binary heap by deadline
  std::vector<epoll_event> ready_;
  std::size_t ready_at_ = 0;
  std::size_t ready_end_ = 0;
  std::vector<base::UniqueFunction<void()>> deferred_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> woken_{false};
  std::atomic<std::uint64_t> thread_{0};
  base::Mutex mutex_;
  std::vector<base::UniqueFunction<void()>> posted_ GUARDED_BY(mutex_);
};

}  // namespace gateway
