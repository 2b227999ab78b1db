// Turns: a bound that many lines share (connections that are being opened, bytes of mails under
// way), granted in the order of the requests. Loop thread.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "base/function.h"

namespace gateway::mail {

class Turns {
  struct State;

 public:
  explicit Turns(std::size_t most) : state_(std::make_shared<State>(State{most, 0, {}})) {}

  // A grant; its destruction returns it. Empty by default.
  class Turn {
   public:
    Turn() = default;
    Turn(std::shared_ptr<State> state, std::size_t amount)
        : state_(std::move(state)), amount_(amount) {}
    Turn(Turn&& other) noexcept
        : state_(std::move(other.state_)), amount_(std::exchange(other.amount_, 0)) {}
    Turn& operator=(Turn&& other) noexcept {
      if (this == &other) return *this;
      end();
      state_ = std::move(other.state_);
      amount_ = std::exchange(other.amount_, 0);
      return *this;
    }
    ~Turn() { end(); }
    void end() {
      if (const auto state = std::exchange(state_, nullptr)) {
        state->taken -= std::exchange(amount_, 0);
        grant(state);
      }
    }

   private:
    std::shared_ptr<State> state_;
    std::size_t amount_ = 0;
  };

  // `granted` is called once, now or later. More than the bound is granted when nothing else is
  // under way. A caller that no longer exists lets the Turn end.
  using Granted = base::UniqueFunction<void(Turn)>;
  void ask(std::size_t amount, Granted granted) {
    state_->waiting.emplace_back(amount, std::move(granted));
    grant(state_);
  }
  std::size_t taken() const { return state_->taken; }

 private:
  struct State {
    std::size_t most;
    std::size_t taken;
    std::deque<std::pair<std::size_t, Granted>> waiting;
  };
  static void grant(const std::shared_ptr<State>& state) {
    while (!state->waiting.empty()) {
      const std::size_t amount = state->waiting.front().first;
      if (state->taken != 0 && state->taken + amount > state->most) return;
      Granted granted = std::move(state->waiting.front().second);
      state->waiting.pop_front();
      state->taken += amount;
      granted(Turn(state, amount));
    }
  }
  std::shared_ptr<State> state_;
};

}  // namespace gateway::mail
