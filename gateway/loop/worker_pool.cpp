#include "gateway/loop/worker_pool.h"

#include <algorithm>

namespace gateway {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_limit) : limit_(queue_limit) {
  if (threads == 0) threads = std::max<std::size_t>(2, std::thread::hardware_concurrency());
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(base::UniqueFunction<void()>&& work) {
  base::Lock lock(mutex_);
  if (stopping_ || queue_.size() >= limit_) return false;
  queue_.push_back(std::move(work));
  // A worker that is awake looks at the queue again before it sleeps: no need to wake another.
  if (idle_ > 0) wake_.notify_one();
  return true;
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
    base::UniqueFunction<void()> work;
    {
      base::Lock lock(mutex_);
      while (queue_.empty() && !stopping_) {
        ++idle_;
        wake_.wait(mutex_);
        --idle_;
      }
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace gateway
