// UniqueFunction: std::function for callables that can only be moved (they own a reply, a socket, a
// transaction). std::move_only_function is C++23; when it is available this file goes.
#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace base {

template <class Signature>
class UniqueFunction;

template <class R, class... Args>
class UniqueFunction<R(Args...)> {
 public:
  UniqueFunction() = default;
  UniqueFunction(std::nullptr_t) {}  // NOLINT: as std::function
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, UniqueFunction> &&
           std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
      UniqueFunction(F&& f)  // NOLINT: as std::function
      : target_(std::make_unique<Target<std::decay_t<F>>>(std::forward<F>(f))) {}

  R operator()(Args... args) { return target_->call(std::forward<Args>(args)...); }
  explicit operator bool() const { return target_ != nullptr; }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct Target final : Base {
    explicit Target(F f) : f_(std::move(f)) {}
    R call(Args... args) override { return std::invoke(f_, std::forward<Args>(args)...); }
    F f_;
  };
  std::unique_ptr<Base> target_;
};

}  // namespace base
