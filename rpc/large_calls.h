// LargeCalls: the turns of calls whose text is over 1 MiB. Built, such a call takes up to a hundred
// times the memory of its text; they are built and run one at a time in all of the daemon, callers
// in turn. No thread waits: a call without a turn is continued by the executor later.
//
// Threads: any. Turns and calls that wait for one keep it alive.
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

  // `given_back` is called after each turn, from any thread: much memory may be free again.
  explicit LargeCalls(Executor executor, std::function<void()> given_back = {})
      : executor_(std::move(executor)), given_back_(std::move(given_back)) {}

  // Held while the call exists; the next one's turn begins with its end.
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

  // The turn, or nothing: then `resume` gets it later.
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
