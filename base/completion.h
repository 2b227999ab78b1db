// Completion<T>: the one answer to something that is answered later. Move-only. Call it once with a
// Result<T>, from any thread; further calls do nothing. Dropping it unanswered answers with an
// internal error, so that no caller waits for ever.
#pragma once

#include "base/function.h"
#include "base/result.h"

namespace base {

template <class T = void>
class Completion {
 public:
  Completion() = default;
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, Completion> &&  // NOLINTNEXTLINE: any callable
           std::is_invocable_v<std::decay_t<F>&, Result<T>>) Completion(F&& f)
      : answer_(std::forward<F>(f)) {}
  Completion(Completion&&) noexcept = default;
  Completion& operator=(Completion&& other) noexcept {
    drop();
    answer_ = std::move(other.answer_);
    return *this;
  }
  ~Completion() { drop(); }

  void operator()(Result<T> result) {
    if (auto answer = std::exchange(answer_, nullptr)) answer(std::move(result));
  }
  explicit operator bool() const { return static_cast<bool>(answer_); }

 private:
  void drop() noexcept {
    if (answer_) (*this)(fail(Errc::internal, "the request was dropped without an answer"));
  }
  UniqueFunction<void(Result<T>)> answer_;
};

}  // namespace base
