// Courier: schedules the outbox: decides when the rows of each route are sent, in order. The
// account's protocol (messaging/kernel/protocol.h) sends them.
//
// One thread schedules all peers; protocols answer asynchronously. messaging/delivery/route_queue.h
// chooses the next route: one turn per route at a time, so that order is kept and a dead peer
// delays only its own route. A message that the recipient's device has not acknowledged is
// retransmitted after 24 h.
//
// Safe from any thread. Durations are counted on the boot clock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/budget.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "messaging/delivery/route_queue.h"
#include "messaging/kernel/protocol.h"

namespace messaging::groups {
class PendingStates;
}  // namespace messaging::groups
namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::delivery {

inline constexpr base::Millis kRepeatAfter = 24 * 3600 * base::Millis{1000};
// Nothing expires before the daemon has run this long, so that every row had a chance to be sent.
inline constexpr base::Millis kExpireGrace = 10 * 60 * base::Millis{1000};

// The state of a route with waiting rows; for people.
struct RouteStanding {
  int failures = 0;           // consecutive
  base::Millis next_try = 0;  // from now
  kernel::CarryOutcome last = kernel::CarryOutcome::stored;
};

class Courier {
 public:
  // `core.protocols` must be filled by now.
  Courier(kernel::Core& core, groups::PendingStates& pending_states);
  ~Courier();  // stop()

  void start();
  void stop();

  // A row became ready on a route; call from an on_commit hook.
  void wake(base::AccountId account, std::int64_t route);
  // Receipts for a contact are pending; they are sent together a moment later.
  void schedule_receipts(base::AccountId account, base::ContactId contact);
  // More rows wait for a contact that has a link: prepares the next slice.
  void release(base::AccountId account, base::ContactId contact);
  // The account's profile changed: queues updates for contacts whose copy differs.
  void send_profile(base::AccountId account);
  // An envelope arrived from this peer: its waiting rows are sent at once.
  void route_answered(base::AccountId account, std::int64_t route);
  // Ends every pause (maybe_network, start_io).
  void poke();
  void forget(base::AccountId account);

  RouteStanding standing(base::AccountId account, std::int64_t route) const;
  // 1000 stopped, 2000 a peer cannot be reached, 3000 sending, 4000 nothing waits.
  std::uint32_t connectivity(base::AccountId account) const;
  // Delivery is on, and nothing is ready to be sent but to peers that could not be reached.
  bool all_done(base::AccountId account) const;

 private:
  void run(std::stop_token stop);
  bool take_reload();
  void load_backlog();
  void send(RouteKey key);
  bool may_go(RouteKey key, const kernel::Load& load);
  void carried(RouteKey key, bool stranger, const kernel::CarryReply& reply);
  void step_due();
  bool take_step();
  kernel::Protocol* protocol_of(base::AccountId account) const;
  int failures(RouteKey key) const;  // consecutive
  void finished(RouteKey key, bool reached, bool again, base::Millis pause);
  void flush_receipts(base::AccountId account, base::ContactId contact);
  void emit_connectivity(base::AccountId account);
  void warn_unreached(RouteKey key);  // emits a Warning at intervals

  kernel::Core& core_;
  groups::PendingStates& pending_states_;
  mutable base::Mutex mutex_;
  base::Condition news_;
  RouteQueue routes_ GUARDED_BY(mutex_);
  // The outcome of a route's last turn, if the route was not reached since.
  std::map<RouteKey, kernel::CarryOutcome> troubles_ GUARDED_BY(mutex_);
  // Bounds turns to a host that only a never-reached party named. Resists a stranger who makes this
  // daemon send requests to a third party.
  base::Budget<std::string> strangers_hosts_ GUARDED_BY(mutex_);
  std::map<std::pair<base::AccountId, base::ContactId>, base::Millis> receipts_due_
      GUARDED_BY(mutex_);
  std::map<base::AccountId, std::uint32_t> emitted_connectivity_ GUARDED_BY(mutex_);
  bool running_ GUARDED_BY(mutex_) = false;
  bool reload_ GUARDED_BY(mutex_) = false;
  bool loading_ GUARDED_BY(mutex_) = false;  // load_backlog() runs
  bool step_ GUARDED_BY(mutex_) = false;     // a protocol has work for step()
  std::jthread thread_;
};

}  // namespace messaging::delivery
