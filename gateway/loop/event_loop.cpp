#include "gateway/loop/event_loop.h"

#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>

namespace gateway {
namespace {

constexpr std::size_t kEventsAPass = 512;
constexpr int kLongestWait = 60'000;

std::uint64_t this_thread() { return static_cast<std::uint64_t>(pthread_self()); }

}  // namespace

base::Result<std::unique_ptr<EventLoop>> EventLoop::create(const base::Clock& clock) {
  std::unique_ptr<EventLoop> loop(new EventLoop(clock));
  loop->epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
  if (!loop->epoll_) return base::fail_errno(base::Errc::io, "epoll_create", errno);
  loop->wake_ = Fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!loop->wake_) return base::fail_errno(base::Errc::io, "eventfd", errno);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;  // our own wake-up
  if (epoll_ctl(loop->epoll_.get(), EPOLL_CTL_ADD, loop->wake_.get(), &event) != 0) {
    return base::fail_errno(base::Errc::io, "epoll_ctl", errno);
  }
  loop->ready_.resize(kEventsAPass);
  loop->now_ = clock.uptime();
  return loop;
}

EventLoop::~EventLoop() {
  for (Timer* timer : timers_) timer->at_ = Timer::kNowhere;
}

base::Result<> EventLoop::add(int fd, std::uint32_t events, IoHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return base::fail_errno(base::Errc::io, "watch a descriptor", errno);
  }
  return {};
}

base::Result<> EventLoop::modify(int fd, std::uint32_t events, IoHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) {
    return base::fail_errno(base::Errc::io, "watch a descriptor", errno);
  }
  return {};
}

void EventLoop::remove(int fd, IoHandler& handler) {
  epoll_event unused{};
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, &unused);
  // Events of this pass that are still to be delivered: their handler may be destroyed by then. The
  // wake-up's nullptr can replace it, because a spurious wake-up does nothing.
  for (std::size_t i = ready_at_; i < ready_end_; ++i) {
    if (ready_[i].data.ptr == &handler) ready_[i].data.ptr = nullptr;
  }
}

void EventLoop::wake() {
  const std::uint64_t one = 1;
  // A full counter already wakes; there is nothing to do about any other failure.
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void EventLoop::post(base::UniqueFunction<void()> work) {
  {
    base::Lock lock(mutex_);
    posted_.push_back(std::move(work));
  }
  if (!woken_.exchange(true, std::memory_order_acq_rel)) wake();
}

void EventLoop::defer(base::UniqueFunction<void()> work) { deferred_.push_back(std::move(work)); }

void EventLoop::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}

bool EventLoop::in_loop() const { return thread_.load(std::memory_order_relaxed) == this_thread(); }

bool EventLoop::run_posted() {
  // Cleared before the queue is taken: a post that comes later wakes us again.
  if (!woken_.exchange(false, std::memory_order_acq_rel)) return false;
  std::vector<base::UniqueFunction<void()>> work;
  {
    base::Lock lock(mutex_);
    work.swap(posted_);
  }
  for (auto& piece : work) {
    piece();
    piece = nullptr;  // what it owns is destroyed now, not after the whole batch
  }
  return !work.empty();
}

int EventLoop::timeout() const {
  if (!deferred_.empty() || stopping_.load(std::memory_order_acquire)) return 0;
  if (timers_.empty()) return kLongestWait;
  const base::Millis wait = timers_.front()->deadline_ - clock_.uptime();
  return static_cast<int>(std::clamp<base::Millis>(wait, 0, kLongestWait));
}

void EventLoop::run() {
  thread_.store(this_thread(), std::memory_order_relaxed);
  while (!stopping_.load(std::memory_order_acquire)) {
    const int count =
        epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()), timeout());
    now_ = clock_.uptime();
    ready_end_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    for (ready_at_ = 0; ready_at_ < ready_end_;) {
      const epoll_event event = ready_[ready_at_++];
      if (event.data.ptr != nullptr) static_cast<IoHandler*>(event.data.ptr)->on_io(event.events);
      // The wake-up is edge-triggered and its counter never read: every write is a new edge.
    }
    ready_at_ = ready_end_ = 0;
    run_posted();
    fire_timers();
    if (!deferred_.empty()) {
      std::vector<base::UniqueFunction<void()>> work;
      work.swap(deferred_);
      for (auto& piece : work) piece();
    }
  }
  run_posted();
  thread_.store(0, std::memory_order_relaxed);
}

// ---- timers: a binary heap whose entries know their place --------------------------------------

Timer::Timer(EventLoop& loop, base::UniqueFunction<void()> fire)
    : loop_(loop), fire_(std::move(fire)) {}

Timer::~Timer() { disarm(); }

void Timer::arm(base::Millis from_now) { arm_at(loop_.clock().uptime() + from_now); }

void Timer::arm_at(base::Millis uptime) {
  disarm();
  deadline_ = uptime;
  loop_.insert(*this);
}

void Timer::disarm() {
  if (armed()) loop_.erase(*this);
}

void EventLoop::fire_timers() {
  // A timer that is armed for "now" in its own callback fires in the next pass, so that descriptors
  // get their turn.
  for (std::size_t left = timers_.size();
       left > 0 && !timers_.empty() && timers_.front()->deadline_ <= now_; --left) {
    Timer& timer = *timers_.front();
    erase(timer);
    timer.fire_();  // may arm any timer and destroy any other
  }
}

void EventLoop::place(std::size_t at, Timer* timer) {
  timers_[at] = timer;
  timer->at_ = at;
}

void EventLoop::sift_up(std::size_t at) {
  Timer* const timer = timers_[at];
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (timers_[parent]->deadline_ <= timer->deadline_) break;
    place(at, timers_[parent]);
    at = parent;
  }
  place(at, timer);
}

void EventLoop::sift_down(std::size_t at) {
  Timer* const timer = timers_[at];
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= timers_.size()) break;
    if (child + 1 < timers_.size() && timers_[child + 1]->deadline_ < timers_[child]->deadline_) {
      ++child;
    }
    if (timer->deadline_ <= timers_[child]->deadline_) break;
    place(at, timers_[child]);
    at = child;
  }
  place(at, timer);
}

void EventLoop::insert(Timer& timer) {
  timers_.push_back(&timer);
  timer.at_ = timers_.size() - 1;
  sift_up(timer.at_);
}

void EventLoop::erase(Timer& timer) {
  const std::size_t at = timer.at_;
  timer.at_ = Timer::kNowhere;
  Timer* const last = timers_.back();
  timers_.pop_back();
  if (last == &timer) return;
  place(at, last);
  sift_down(at);
  sift_up(last->at_);
}

}  // namespace gateway
