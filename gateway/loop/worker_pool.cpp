#include "gateway/loop/worker_pool.h"

#include <algorithm>
#include <system_error>

#include "base/thread_start.h"

namespace gateway {
namespace {

std::size_t count_of(std::size_t threads) {
  return threads != 0 ? threads : std::max<std::size_t>(2, std::thread::hardware_concurrency());
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

void WorkerPool::run() {
  for (;;) {
    std::string party;
    {
      Item item;
      {
        base::Lock lock(mutex_);
        while (!queue_.ready() && !(stopping_ && queue_.size() == 0)) {
          ++idle_;
          wake_.wait(mutex_);
          --idle_;
        }
        auto popped = queue_.pop();
        if (!popped) return;
        party = std::move(popped->key);
        item = std::move(popped->item);
      }
      item.work();
    }
    base::Lock lock(mutex_);
    queue_.done(party);
    // Work that was held back because its party had its maximum running.
    if (stopping_) {
      wake_.notify_all();
    } else if (idle_ > 0 && queue_.ready()) {
      wake_.notify_one();
    }
  }
}

}  // namespace gateway
