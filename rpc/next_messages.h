// NextMessages: parked wait_next_msgs calls. A waiter costs no thread and less than 1 KiB; 10,000
// at most. It is answered with the ids above the account's last_msg_id as soon as there are some,
// and with whatever there is when delivery is started or stopped.
//
// Safe from any thread; answers come through the executor given, never while a lock is held.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/completion.h"
#include "base/mutex.h"
#include "rpc/event_queue.h"

namespace rpc {

class NextMessages {
 public:
  static constexpr std::size_t kMaxParked = 10'000;
  using Ids = std::vector<base::MsgId>;
  using Load = std::function<base::Result<Ids>(base::AccountId)>;  // get_next_msgs
  using Reader = base::Completion<Ids>;

  NextMessages(Executor executor, Load load)
      : executor_(std::move(executor)), load_(std::move(load)) {}

  void wait(base::AccountId account, std::shared_ptr<const std::atomic<bool>> gone, Reader reader)
      EXCLUDES(mutex_);
  // After commits: wakes the waiters of accounts with new messages.
  void push(std::span<const messaging::Event> events) EXCLUDES(mutex_);
  // Answers the account's waiters, with an empty list too.
  void wake(base::AccountId account) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

  std::size_t parked() const EXCLUDES(mutex_);

 private:
  struct Parked {
    std::shared_ptr<const std::atomic<bool>> gone;
    Reader reader;
  };
  using Waiters = std::map<base::AccountId, std::vector<Parked>>;

  std::vector<Parked> take(base::AccountId account) EXCLUDES(mutex_);
  void serve(base::AccountId account, bool empty_too) EXCLUDES(mutex_);
  std::vector<Parked> sweep() REQUIRES(mutex_);

  const Executor executor_;
  const Load load_;
  mutable base::Mutex mutex_;
  Waiters waiters_ GUARDED_BY(mutex_);
  std::size_t count_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace rpc
