// A mutex that clang's -Wthread-safety understands; every shared field names the one that guards
// it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define EDGE_THREAD_ATTR(x) __attribute__((x))
#else
#define EDGE_THREAD_ATTR(x)
#endif
#define GUARDED_BY(m) EDGE_THREAD_ATTR(guarded_by(m))
#define REQUIRES(...) EDGE_THREAD_ATTR(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) EDGE_THREAD_ATTR(locks_excluded(__VA_ARGS__))

namespace base {

class EDGE_THREAD_ATTR(capability("mutex")) Mutex {
 public:
  void lock() EDGE_THREAD_ATTR(acquire_capability()) { mutex_.lock(); }
  void unlock() EDGE_THREAD_ATTR(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class EDGE_THREAD_ATTR(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) EDGE_THREAD_ATTR(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~Lock() EDGE_THREAD_ATTR(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

// A condition variable for Mutex. wait() is called with the mutex held and holds it on return;
// spurious wake-ups happen, so call it in a loop over the condition.
class Condition {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    variable_.wait(lock);
    lock.release();
  }
  template <class Rep, class Period>
  void wait_for(Mutex& mutex, std::chrono::duration<Rep, Period> limit) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    variable_.wait_for(lock, limit);
    lock.release();
  }
  void notify_one() { variable_.notify_one(); }
  void notify_all() { variable_.notify_all(); }

 private:
  std::condition_variable variable_;
};

}  // namespace base
