// Cancellation: whether anybody still waits for the result of some work. The party that waits (a
// connection, a stream, a program on standard input) owns a CancelSource; the work holds the
// Cancellation that comes from it, checks cancelled() between its steps, or has itself called.
//
// There is no Cancellation without a source: work that cannot be ended does not compile.
//
// Threads: all of it from any thread. A source that is destroyed cancels.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "base/function.h"
#include "base/mutex.h"

namespace base {

class CancelSource;

class Cancellation {
  struct State {
    std::atomic<bool> cancelled{false};
    Mutex mutex;
    std::uint64_t next GUARDED_BY(mutex) = 1;
    std::map<std::uint64_t, UniqueFunction<void()>> hooks GUARDED_BY(mutex);
  };

 public:
  bool cancelled() const { return state_->cancelled.load(std::memory_order_acquire); }

  // Holds a hook; the hook is forgotten with it. A hook that is running on another thread is not
  // waited for.
  class Hook {
   public:
    Hook() = default;
    Hook(Hook&& other) noexcept
        : state_(std::move(other.state_)), number_(std::exchange(other.number_, 0)) {}
    Hook& operator=(Hook&& other) noexcept {
      if (this != &other) {
        reset();
        state_ = std::move(other.state_);
        number_ = std::exchange(other.number_, 0);
      }
      return *this;
    }
    ~Hook() { reset(); }
    void reset() {
      const auto state = std::exchange(state_, {}).lock();
      if (!state) return;
      UniqueFunction<void()> dropped;  // destroyed after the lock is let go
      const Lock lock(state->mutex);
      const auto found = state->hooks.find(number_);
      if (found == state->hooks.end()) return;
      dropped = std::move(found->second);
      state->hooks.erase(found);
    }

   private:
    friend class Cancellation;
    Hook(std::weak_ptr<State> state, std::uint64_t number)
        : state_(std::move(state)), number_(number) {}
    std::weak_ptr<State> state_;
    std::uint64_t number_ = 0;
  };

  // Runs `hook` once, on the thread that cancels, or here and now when that has happened.
  [[nodiscard]] Hook on_cancel(UniqueFunction<void()> hook) const {
    {
      const Lock lock(state_->mutex);
      if (!cancelled()) {
        const std::uint64_t number = state_->next++;
        state_->hooks.emplace(number, std::move(hook));
        return Hook(state_, number);
      }
    }
    hook();  // it was not moved: NOLINT(bugprone-use-after-move)
    return {};
  }

 private:
  friend class CancelSource;
  explicit Cancellation(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

class CancelSource {
 public:
  CancelSource() : state_(std::make_shared<Cancellation::State>()) {}
  CancelSource(CancelSource&&) noexcept = default;
  CancelSource& operator=(CancelSource&& other) noexcept {
    if (this != &other) {
      cancel();
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~CancelSource() { cancel(); }

  Cancellation token() const { return Cancellation(state_); }
  void cancel() {
    if (!state_) return;
    std::map<std::uint64_t, UniqueFunction<void()>> hooks;
    {
      const Lock lock(state_->mutex);
      if (state_->cancelled.exchange(true, std::memory_order_acq_rel)) return;
      hooks.swap(state_->hooks);
    }
    for (auto& [number, hook] : hooks) hook();
  }

 private:
  std::shared_ptr<Cancellation::State> state_;
};

}  // namespace base
