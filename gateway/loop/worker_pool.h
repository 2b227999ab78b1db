// WorkerPool: the few threads that run requests. Work must never wait for a socket, a commit or
// news (decision 1); reading the disk is allowed.
//
// Threads: submit() from any thread. The queue is bounded: a full one refuses, and whoever submits
// answers "busy" instead of growing.
#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "base/function.h"
#include "base/mutex.h"

namespace gateway {

class WorkerPool {
 public:
  // 0 threads: as many as there are cores, at least 2.
  explicit WorkerPool(std::size_t threads = 0, std::size_t queue_limit = 16384);
  ~WorkerPool();  // stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool has stopped; `work` was not taken then.
  bool submit(base::UniqueFunction<void()>&& work);
  // Finishes what is queued, then joins. Called twice does nothing more.
  void stop();
  std::size_t threads() const { return threads_.size(); }
  std::size_t waiting() const;  // in the queue

 private:
  void run();

  mutable base::Mutex mutex_;
  base::Condition wake_;
  std::deque<base::UniqueFunction<void()>> queue_ GUARDED_BY(mutex_);
  std::size_t idle_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  const std::size_t limit_;
  std::vector<std::thread> threads_;
};

}  // namespace gateway
