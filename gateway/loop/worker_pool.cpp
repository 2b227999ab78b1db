#include "gateway/loop/worker_pool.h"

#include <time.h>

#include <algorithm>
#include <system_error>

#include "base/thread_start.h"

namespace gateway {
namespace {

std::size_t count_of(std::size_t threads) {
  return threads != 0 ? threads : std::max<std::size_t>(2, std::thread::hardware_concurrency());
}

// That this thread has used.
std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

WorkerPool::WorkerPool(std::size_t threads, WorkerLimits limits)
    : queue_({.waiting = limits.waiting,
              .waiting_each = limits.waiting_each,
              .under_way_each = std::max<std::size_t>(1, count_of(threads) - 1)}) {
  const std::size_t count = count_of(threads);
  threads_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::thread thread;
    if (base::start_thread(thread, [this] { run(); })) threads_.push_back(std::move(thread));
  }
  if (threads_.empty()) {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
  }
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(const std::string& party, Work&& work, const void* owner) {
  base::Lock lock(mutex_);
  if (stopping_) return false;
  Item item{std::move(work), owner};
  if (!queue_.push(party, std::move(item))) {
    work = std::move(item.work);
    return false;
  }
  // A worker that is awake looks at the queue again before it sleeps: no need to wake another.
  if (idle_ > 0) wake_.notify_one();
  return true;
}

bool WorkerPool::submit_rest(const std::string& party, Work&& work, const void* owner) {
  base::Lock lock(mutex_);
  if (stopping_) return false;
  queue_.push_rest(party, Item{std::move(work), owner});
  if (idle_ > 0) wake_.notify_one();
  return true;
}

void WorkerPool::remove(const std::string& party, const void* owner) {
  base::Lock lock(mutex_);
  auto removed = queue_.remove_of(party, [owner](const Item& item) { return item.owner == owner; });
  if (removed.empty()) return;
  queue_.push_rest("", Item{[removed = std::move(removed)] {}, nullptr});
  if (idle_ > 0) wake_.notify_one();
}

void WorkerPool::stop() {
  {
    base::Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t WorkerPool::waiting() const {
  base::Lock lock(mutex_);
  return queue_.size();
}

// Whether a piece of work is to be run now.
bool WorkerPool::ready() {
  const auto now = Clock::now();
  for (auto rest = rests_.begin(); rest != rests_.end();) {
    if (!stopping_ && rest->until > now) {
      ++rest;
      continue;
    }
    queue_.done(rest->party);
    rest = rests_.erase(rest);
  }
  return queue_.ready();
}

void WorkerPool::wait() {
  ++idle_;
  const auto next = std::ranges::min_element(rests_, {}, &Rest::until);
  if (next == rests_.end()) {
    wake_.wait(mutex_);
  } else {
    wake_.wait_for(mutex_, next->until - Clock::now());
  }
  --idle_;
}

void WorkerPool::end(const std::string& party, Clock::duration took) {
  const auto now = Clock::now();
  if (took > kLongWork && !party.empty() && served_.others_since(party, now - kRecently)) {
    rests_.push_back({party, now + std::min(kRest * took, kLongestRest)});
    if (idle_ > 0) wake_.notify_one();  // it waits until the rest is over, while this one works on
  } else {
    queue_.done(party);
  }
  served_.note(party, now);
}

void WorkerPool::run() {
  for (;;) {
    std::string party;
    Clock::duration took{};
    {
      Item item;
      {
        base::Lock lock(mutex_);
        while (!ready() && !(stopping_ && queue_.size() == 0)) wait();
        auto popped = queue_.pop();
        if (!popped) return;
        party = std::move(popped->key);
        item = std::move(popped->item);
      }
      const auto before = processor_time();
      item.work();
      took = processor_time() - before;
    }
    base::Lock lock(mutex_);
    end(party, took);
    // Work that was held back because its party had its maximum running.
    if (stopping_) {
      wake_.notify_all();
    } else if (idle_ > 0 && queue_.ready()) {
      wake_.notify_one();
    }
  }
}

}  // namespace gateway
