// Lease: items that an answer removes from the daemon for its caller, such as events from a
// destructive queue. The code that carries the answer holds the Lease until the answer has
// arrived; a Lease that is destroyed before that returns every item to the place it came from.
//
//   LeasedItems  the items that were removed, and how each is returned; shared by all that remove
//                some
//   Lease        the one right to confirm the arrival; destroyed unconfirmed, it returns the items
//
// Threads: all of it from any thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/function.h"
#include "base/mutex.h"

namespace base {

class LeasedItems {
 public:
  // Runs `put_back` once when the answer is lost, now if it is lost already.
  void add(UniqueFunction<void()> put_back) {
    {
      const Lock lock(mutex_);
      if (state_ != State::lost) {
        if (state_ == State::open) put_backs_.push_back(std::move(put_back));
        return;
      }
    }
    put_back();  // it was not moved: NOLINT(bugprone-use-after-move)
  }

 private:
  friend class Lease;
  bool any() {
    const Lock lock(mutex_);
    return !put_backs_.empty();
  }
  enum class State { open, arrived, lost };

  void end(State state) {
    std::vector<UniqueFunction<void()>> put_backs;  // run or dropped after the lock is let go
    {
      const Lock lock(mutex_);
      if (state_ != State::open) return;
      state_ = state;
      put_backs.swap(put_backs_);
    }
    if (state == State::arrived) return;
    for (auto& put_back : put_backs) put_back();
  }

  Mutex mutex_;
  State state_ GUARDED_BY(mutex_) = State::open;
  std::vector<UniqueFunction<void()>> put_backs_ GUARDED_BY(mutex_);
};

class Lease {
 public:
  Lease() = default;  // of nothing
  explicit Lease(std::shared_ptr<LeasedItems> leased) : leased_(std::move(leased)) {}
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      lost();
      leased_ = std::move(other.leased_);
    }
    return *this;
  }
  ~Lease() { lost(); }

  // Whether anything was taken.
  explicit operator bool() const { return leased_ != nullptr && leased_->any(); }
  void arrived() { end(LeasedItems::State::arrived); }
  void lost() { end(LeasedItems::State::lost); }

 private:
  void end(LeasedItems::State state) {
    if (const auto leased = std::exchange(leased_, nullptr)) leased->end(state);
  }
  std::shared_ptr<LeasedItems> leased_;
};

}  // namespace base
