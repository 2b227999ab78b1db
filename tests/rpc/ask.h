// One question to a dispatcher, waited for, with a deadline.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "rpc/dispatcher.h"

// A caller that stays to the end of the program.
inline rpc::Caller a_caller(std::shared_ptr<const rpc::Access> access = rpc::Access::everything()) {
  static const base::CancelSource never;
  return {.access = std::move(access), .closed = never.token(), .input_ended = never.token()};
}

// A caller whose connection the test closes.
struct Leaving {
  base::CancelSource closed;
  base::CancelSource input_ended;
  rpc::Caller caller(std::string party = {}) const {
    return {
        .closed = closed.token(), .input_ended = input_ended.token(), .party = std::move(party)};
  }
  void close() {
    closed.cancel();
    input_ended.cancel();
  }
};

// An answer that may come later, from any thread.
class Pending {
 public:
  rpc::Answer answer() {
    return [state = state_](rpc::Reply reply) {
      reply.taken.arrived();
      base::Lock lock(state->mutex);
      state->text = std::move(reply.text);
      ++state->times;
      state->came.notify_all();
    };
  }
  bool came() const {
    base::Lock lock(state_->mutex);
    return state_->text.has_value();
  }
  int times() const {
    base::Lock lock(state_->mutex);
    return state_->times;
  }
  std::string wait() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    base::Lock lock(state_->mutex);
    while (!state_->text) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("no answer came");
      state_->came.wait_for(state_->mutex, std::chrono::milliseconds(100));
    }
    return *state_->text;
  }

 private:
  struct State {
    mutable base::Mutex mutex;
    base::Condition came;
    std::optional<std::string> text GUARDED_BY(mutex);
    int times GUARDED_BY(mutex) = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

inline std::string ask(rpc::Dispatcher& dispatcher, std::string_view body) {
  Pending pending;
  dispatcher.handle(std::string(body), a_caller(), pending.answer());
  return pending.wait();
}

inline nlohmann::json ask_json(rpc::Dispatcher& dispatcher, const nlohmann::json& body) {
  return nlohmann::json::parse(ask(dispatcher, body.dump()));
}

inline nlohmann::json call(rpc::Dispatcher& dispatcher, std::string_view method,
                           nlohmann::json params = nlohmann::json::array()) {
  return ask_json(dispatcher,
                  {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}});
}

// The result; throws with the answer when it is an error.
inline nlohmann::json result(rpc::Dispatcher& dispatcher, std::string_view method,
                             nlohmann::json params = nlohmann::json::array()) {
  nlohmann::json answer = call(dispatcher, method, std::move(params));
  if (!answer.contains("result")) {
    throw std::runtime_error(std::string(method) + ": " + answer.dump());
  }
  return answer["result"];
}
