// LargeCalls: the turns of calls whose text is over 1 MiB. As a tree, such a call takes up to a
// hundred times the memory of its text; in the whole daemon they are built and run one at a time,
// callers in turn. No thread waits: the executor continues a call when its turn comes.
//
// Safe from any thread. Turns and waiting calls keep it alive.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/fair_queue.h"
#include "base/function.h"
#include "base/mutex.h"
#include "rpc/executor.h"

namespace rpc {

class LargeCalls : public std::enable_shared_from_this<LargeCalls> {
 public:
  static constexpr std::size_t kFrom = 1024 * 1024;  // bytes; a shorter call needs no turn

  // `given_back` is called after each turn, from any thread: much memory may have been freed.
  explicit LargeCalls(Executor executor, std::function<void()> given_back = {})
      : executor_(std::move(executor)), given_back_(std::move(given_back)) {}

  // Held while the call exists; its end begins the next call's turn.
  class Turn {
   public:
    Turn(Turn&&) noexcept = default;
    Turn& operator=(Turn&& other) noexcept {
      std::swap(calls_, other.calls_);
      return *this;
    }
    ~Turn() {
      if (calls_) calls_->next();
    }

   private:
    friend class LargeCalls;
    explicit Turn(std::shared_ptr<LargeCalls> calls) : calls_(std::move(calls)) {}
    std::shared_ptr<LargeCalls> calls_;
  };
  using Resume = base::UniqueFunction<void(Turn)>;

  // The turn, or nothing: then `resume` is called with it later.
  std::optional<Turn> enter(const std::string& party, Resume resume) EXCLUDES(mutex_);

 private:
  void next() EXCLUDES(mutex_);

  const Executor executor_;
  const std::function<void()> given_back_;
  base::Mutex mutex_;
  bool busy_ GUARDED_BY(mutex_) = false;
  base::FairQueue<std::string, Resume> waiting_ GUARDED_BY(mutex_);
};

}  // namespace rpc
