// Courier: says when what waits in the outbox is sent, in order per route. How a route's turn is
// carried is the account's protocol's (messaging/kernel/protocol.h).
//
// One thread that decides, never a thread per peer: a protocol answers later. Whose turn it is says
// messaging/delivery/route_queue.h: one turn a route at a time, so that order holds and a dead peer
// costs only itself. What was sent but never acknowledged by the recipient's device goes out again
// after 24 h.
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
class OwedStates;
}  // namespace messaging::groups
namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::delivery {

inline constexpr base::Millis kRepeatAfter = 24 * 3600 * base::Millis{1000};
// Nothing expires before the daemon ran this long: it has to have had a chance.
inline constexpr base::Millis kExpireGrace = 10 * 60 * base::Millis{1000};

// What is known of a route on which something waits; for people.
struct RouteStanding {
  int failures = 0;           // in a row
  base::Millis next_try = 0;  // from now
  kernel::CarryOutcome last = kernel::CarryOutcome::stored;
};

class Courier {
 public:
  // The protocols are in the core by now.
  Courier(kernel::Core& core, groups::OwedStates& owed_states);
  ~Courier();  // stop()

  void start();
  void stop();

  // Something became ready for a route; call it from an on_commit hook.
  void wake(base::AccountId account, std::int64_t route);
  // A contact is owed receipts; they go out together a moment later.
  void owe(base::AccountId account, base::ContactId contact);
  // More waits for a contact with whom there is a link: the next slice is encrypted.
  void release(base::AccountId account, base::ContactId contact);
  // The account's profile changed: contacts that were told another one hear of it.
  void tell_profile(base::AccountId account);
  // Something came from this peer: what waits for it is sent at once.
  void heard(base::AccountId account, std::int64_t route);
  // Every pause ends (maybe_network, start_io).
  void poke();
  void forget(base::AccountId account);

  RouteStanding standing(base::AccountId account, std::int64_t route) const;
  // 1000 stopped, 2000 a peer is not reached, 3000 sending, 4000 nothing waits.
  std::uint32_t connectivity(base::AccountId account) const;

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
  int failures(RouteKey key) const;  // in a row
  void finished(RouteKey key, bool reached, bool again, base::Millis pause);
  void flush_receipts(base::AccountId account, base::ContactId contact);
  void tell_connectivity(base::AccountId account);
  void tell_unreached(RouteKey key);  // a Warning now and then

  kernel::Core& core_;
  groups::OwedStates& owed_states_;
  mutable base::Mutex mutex_;
  base::Condition news_;
  RouteQueue routes_ GUARDED_BY(mutex_);
  // How the last turn of a route ended, where it was not reached since.
  std::map<RouteKey, kernel::CarryOutcome> troubles_ GUARDED_BY(mutex_);
  // Turns to a host that somebody who was never reached there named. Resists whoever has us
  // knock at a third party's door.
  base::Budget<std::string> strangers_hosts_ GUARDED_BY(mutex_);
  std::map<std::pair<base::AccountId, base::ContactId>, base::Millis> owed_ GUARDED_BY(mutex_);
  std::map<base::AccountId, std::uint32_t> told_ GUARDED_BY(mutex_);
  bool running_ GUARDED_BY(mutex_) = false;
  bool reload_ GUARDED_BY(mutex_) = false;
  bool step_ GUARDED_BY(mutex_) = false;  // a protocol has a step to take
  std::jthread thread_;
};

}  // namespace messaging::delivery
