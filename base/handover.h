// Handover: what an answer takes out of the daemon and gives to its caller, such as events out of a
// queue that nobody else can read any more. Whoever carries the answer keeps its Handover until the
// answer has arrived; one that goes away before that puts everything back where it came from.
//
//   Takings   what was taken, and how each part goes back; shared by those who take
//   Handover  the one right to say that it arrived; with its end everything is put back
//
// Threads: all of it from any thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/function.h"
#include "base/mutex.h"

namespace base {

class Takings {
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
  friend class Handover;
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

class Handover {
 public:
  Handover() = default;  // of nothing
  explicit Handover(std::shared_ptr<Takings> takings) : takings_(std::move(takings)) {}
  Handover(Handover&&) noexcept = default;
  Handover& operator=(Handover&& other) noexcept {
    if (this != &other) {
      lost();
      takings_ = std::move(other.takings_);
    }
    return *this;
  }
  ~Handover() { lost(); }

  // Whether anything was taken.
  explicit operator bool() const { return takings_ != nullptr && takings_->any(); }
  void arrived() { end(Takings::State::arrived); }
  void lost() { end(Takings::State::lost); }

 private:
  void end(Takings::State state) {
    if (const auto takings = std::exchange(takings_, nullptr)) takings->end(state);
  }
  std::shared_ptr<Takings> takings_;
};

}  // namespace base
