// WorkerPool: the few threads that run requests. Work must never wait for a socket, a commit or
// an event (decision 1); reading the disk is allowed.
//
// Parties (gateway/loop/party.h) are served in turn, one piece of work each, and one party has at
// most all threads but one: one always becomes free for the others. After a piece of work that took
// over 3 ms of processor time its party rests for twice as long as that took, while others have
// work too: it keeps the place of that piece. So a party takes a third of its places' time at most,
// and the rest of the processors stays for the others and for what their calls need besides
// workers. The daemon's own work has the party "" and never rests.
//
// Threads: all but stop() from any thread. What waits is bounded, in all and of each party: over
// that work is refused, and the submitter answers "busy" instead of growing.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "base/fair_queue.h"
#include "base/function.h"
#include "base/last_served.h"
#include "base/mutex.h"

namespace gateway {

struct WorkerLimits {
  std::size_t waiting = 65'536;
  std::size_t waiting_each = 1'024;
};

class WorkerPool {
 public:
  using Work = base::UniqueFunction<void()>;

  // 0 threads: as many as there are cores, at least 2.
  explicit WorkerPool(std::size_t threads = 0, WorkerLimits limits = {});
  ~WorkerPool();  // stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when too much waits or the pool has stopped; `work` was not taken then. `owner` names the
  // work for remove().
  bool submit(const std::string& party, Work&& work, const void* owner = nullptr);
  // For the continuation of work that was accepted before: false only when the pool has stopped.
  bool submit_rest(const std::string& party, Work&& work, const void* owner = nullptr);
  // The owner no longer needs its work: waiting work is never run, and is destroyed by a worker.
  void remove(const std::string& party, const void* owner);
  // Finishes what is queued, then joins. Called twice does nothing more.
  void stop();
  std::size_t threads() const { return threads_.size(); }
  std::size_t waiting() const;  // in the queue

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration kLongWork = std::chrono::milliseconds(3);
  static constexpr int kRest = 2;  // times as long as the work took
  static constexpr Clock::duration kLongestRest = std::chrono::milliseconds(50);
  static constexpr Clock::duration kRecently = std::chrono::seconds(1);

  struct Item {
    Work work;
    const void* owner = nullptr;
  };
  struct Rest {
    std::string party;
    Clock::time_point until;
  };
  void run();
  bool ready() REQUIRES(mutex_);
  void wait() REQUIRES(mutex_);
  void end(const std::string& party, Clock::duration took) REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  base::Condition wake_;
  base::FairQueue<std::string, Item> queue_ GUARDED_BY(mutex_);
  base::LastServed served_ GUARDED_BY(mutex_);
  std::vector<Rest> rests_ GUARDED_BY(mutex_);
  std::size_t idle_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace gateway
