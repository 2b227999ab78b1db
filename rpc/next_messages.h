// NextMessages: parked wait_next_msgs calls. A waiter costs no thread and less than 1 KiB, and has
// a place of rpc/parking.h. It is answered with the ids above the account's last_msg_id as soon as
// there are some; with whatever there is when delivery is started or stopped (also a call that
// comes just after that); and with an error when its caller's input ends. However many calls wait
// and commits come, one query of an account's messages is due at a time.
//
// Safe from any thread; answers come through the executor given, never while a lock is held.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "base/completion.h"
#include "base/mutex.h"
#include "messaging/model/events.h"
#include "rpc/dispatcher.h"
#include "rpc/executor.h"
#include "rpc/parking.h"

namespace rpc {

class NextMessages {
 public:
  using Ids = std::vector<base::MsgId>;
  using Load = std::function<base::Result<Ids>(base::AccountId)>;  // get_next_msgs
  using Reader = base::Completion<Ids>;

  NextMessages(Executor executor, Load load)
      : executor_(std::move(executor)), load_(std::move(load)) {}

  void wait(base::AccountId account, const Caller& caller, Reader reader) EXCLUDES(mutex_);
  // After commits: wakes the waiters of accounts with new messages.
  void push(std::span<const messaging::Event> events) EXCLUDES(mutex_);
  // Answers the account's waiters, even with an empty list; if there are none, the next one.
  void wake(base::AccountId account) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

  std::size_t parked() const EXCLUDES(mutex_);

 private:
  struct Parked {
    Reader reader;
    Parking::Place place;
    base::Cancellation::Hook hook = {};
  };
  using WaiterId = std::uint64_t;
  using Waiters = std::map<base::AccountId, std::map<WaiterId, Parked>>;

  std::map<WaiterId, Parked> take(base::AccountId account) EXCLUDES(mutex_);
  bool was_woken(base::AccountId account) EXCLUDES(mutex_);
  void serve(base::AccountId account, bool empty_too) EXCLUDES(mutex_);
  void serve_soon(base::AccountId account) EXCLUDES(mutex_);
  void leave(base::AccountId account, WaiterId waiter) EXCLUDES(mutex_);
  Parked* find(base::AccountId account, WaiterId waiter) REQUIRES(mutex_);

  const Executor executor_;
  const Load load_;
  Parking places_;
  mutable base::Mutex mutex_;
  Waiters waiters_ GUARDED_BY(mutex_);
  std::set<base::AccountId> due_ GUARDED_BY(mutex_);    // a query for them waits in the executor
  std::set<base::AccountId> woken_ GUARDED_BY(mutex_);  // the next waiter is answered at once
  WaiterId next_waiter_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace rpc
