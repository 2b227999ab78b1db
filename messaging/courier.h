// Courier: carries what waits in the outbox to the peers' mailboxes, in order per route.
//
// One thread that decides, never a thread per peer: deposits are answered by the Transport. Per
// route one deposit is under way at a time, so that order holds and a dead peer costs only itself.
// After a failure a route pauses with jitter: the first retry comes within a second, pauses stay
// under 10 s during the first ten minutes and under 2 min after that; heard() ends the pause.
// What was deposited but never acknowledged by the recipient's device goes out again after 24 h.
//
// Safe from any thread. Durations are counted on the boot clock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "messaging/transport.h"
#include "store/tables/outbox.h"
#include "store/tables/routes.h"

namespace messaging {

class Core;
class Incoming;
struct WriteContext;

inline constexpr base::Millis kRedepositAfter = 24 * 3600 * base::Millis{1000};
inline constexpr base::Millis kExpireAfter = 14 * 24 * 3600 * base::Millis{1000};

class Courier {
 public:
  Courier(Core& core, Incoming& incoming);
  ~Courier();  // stop()

  void start();
  void stop();

  // Something became ready for a route; call it from an on_commit hook.
  void wake(base::AccountId account, std::int64_t route);
  // A contact is owed receipts; they go out together a moment later.
  void owe(base::AccountId account, base::ContactId contact);
  // Something came from this peer: what waits for it is sent at once.
  void heard(base::AccountId account, std::int64_t route);
  // Every pause ends (maybe_network, start_io).
  void poke();
  void forget(base::AccountId account);

  // 1000 stopped, 2000 a peer is not reached, 3000 sending, 4000 nothing waits.
  std::uint32_t connectivity(base::AccountId account) const;

 private:
  using RouteKey = std::pair<base::AccountId, std::int64_t>;
  struct RouteState {
    bool ready = false;  // there may be something to send
    bool in_flight = false;
    int failures = 0;      // in a row
    base::Millis due = 0;  // on the boot clock
    base::Millis failing_since = 0;
    std::optional<base::Millis> warned = {};  // when people were told last
  };
  struct Load;  // a deposit made from outbox rows

  void run(std::stop_token stop);
  bool take_reload();
  void load_backlog();
  void housekeeping();
  base::Result<> expire_transfers(const WriteContext& write, base::UnixMillis before);
  void send(RouteKey key);
  base::Result<std::unique_ptr<Load>> load(RouteKey key);
  base::Result<> load_parts(store::Scope scope, const store::OutboxRow& row, Load& load);
  void deposit(std::unique_ptr<Load> load);
  void answered(std::shared_ptr<Load> load, const DepositReply& reply);
  void finished(RouteKey key, bool reached, bool again, base::Millis pause);
  void flush_receipts(base::AccountId account, base::ContactId contact);
  void tell_connectivity(base::AccountId account);
  void tell_unreached(RouteKey key);  // a Warning now and then
  base::Millis pause_after(const RouteState& state) const REQUIRES(mutex_);

  Core& core_;
  Incoming& incoming_;
  mutable base::Mutex mutex_;
  base::Condition news_;
  std::map<RouteKey, RouteState> routes_ GUARDED_BY(mutex_);
  std::map<std::pair<base::AccountId, base::ContactId>, base::Millis> owed_ GUARDED_BY(mutex_);
  std::map<base::AccountId, std::uint32_t> told_ GUARDED_BY(mutex_);
  std::uint64_t deposits_under_way_ GUARDED_BY(mutex_) = 0;
  bool running_ GUARDED_BY(mutex_) = false;
  bool reload_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace messaging
