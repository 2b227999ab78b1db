// Timer: answers after some time, without a thread per wait. One thread for all, started by the
// first wait. Places are those of rpc/parking.h. Safe from any thread.
//
// A task gets an error instead when its caller's input ends, when there are no places, and from
// stop() on.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <thread>
#include <utility>

#include "base/completion.h"
#include "base/mutex.h"
#include "rpc/dispatcher.h"
#include "rpc/parking.h"

namespace rpc {

class Timer {
 public:
  using Task = base::Completion<>;

  Timer() = default;
  ~Timer() { stop(); }
  void after(std::chrono::milliseconds delay, const Caller& caller, Task task) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

  std::size_t waiting() const { return places_.taken(); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Key = std::pair<Time, std::uint64_t>;
  struct Waiting {
    Task task;
    Parking::Place place;
    base::Cancellation::Hook hook = {};
  };
  void run() EXCLUDES(mutex_);
  void leave(const Key& key) EXCLUDES(mutex_);

  Parking places_;
  base::Mutex mutex_;
  base::Condition changed_;
  std::map<Key, Waiting> waiting_ GUARDED_BY(mutex_);
  std::uint64_t next_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::jthread thread_ GUARDED_BY(mutex_);
};

}  // namespace rpc
