#include "messaging/delivery/courier.h"

#include <algorithm>
#include <set>

#include "base/host.h"
#include "base/log.h"
#include "messaging/delivery/housekeeping.h"
#include "messaging/groups/giving_up.h"
#include "messaging/kernel/core.h"
#include "messaging/peering/handshakes.h"
#include "messaging/peering/joining.h"
#include "messaging/peering/outgoing.h"
#include "messaging/peering/profile.h"
#include "messaging/peering/renewal.h"
#include "messaging/receiving/incoming.h"
#include "store/tables/contacts.h"
#include "store/tables/messages.h"
#include "store/tables/owed_receipts.h"
#include "store/tables/routes.h"

namespace messaging {
namespace {

constexpr base::Millis kReceiptDelay = 50;  // so that receipts travel together
constexpr base::Millis kHousekeepingEvery = 60'000;
constexpr int kRefusalsBeforeGivingUp = 5;  // of a join, in a row: 4 to 8 seconds
constexpr base::BudgetRule kStrangersOfHost{.per_second = 1, .burst = 120};

using store::OutboxKind;
using store::OutboxRow;

// From now on the way counts for one that is there.
base::Result<> note_reached(const WriteContext& write, const DepositLoad& load) {
  EDGE_TRY(auto route, store::find_route(write.scope, load.rows.front().route_id));
  if (!route) return {};
  for (store::RouteWay* way : {&route->way, route->second ? &*route->second : nullptr}) {
    if (way != nullptr && way->token == load.token.bytes) way->reached = true;
  }
  return store::update_route(write.scope, *route);
}

}  // namespace

Courier::Courier(Core& core, DepositTransport& transport, Incoming& incoming,
                 OwedStates& owed_states)
    : core_(core),
      transport_(transport),
      incoming_(incoming),
      owed_states_(owed_states),
      strangers_hosts_(kStrangersOfHost),
      files_(
          core, transport, incoming, [this] { carry_on(); },
          [this](RouteKey key, const DepositLoad& file, const DepositReply& reply) {
            if (reply.outcome != DepositOutcome::stored) return failed(key, file, reply);
            finished(key, true, true, 0);
          }) {}

Courier::~Courier() { stop(); }

void Courier::start() {
  {
    base::Lock lock(mutex_);
    if (running_) return;
    running_ = true;
    reload_ = true;
  }
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

void Courier::stop() {
  thread_.request_stop();
  {
    base::Lock lock(mutex_);
    running_ = false;
    news_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Courier::wake(base::AccountId account, std::int64_t route) {
  base::Lock lock(mutex_);
  routes_.ready({account, route});
  news_.notify_one();
}

void Courier::owe(base::AccountId account, base::ContactId contact) {
  base::Lock lock(mutex_);
  if (owed_.try_emplace({account, contact}, core_.clock.uptime() + kReceiptDelay).second) {
    news_.notify_one();
  }
}

void Courier::release(base::AccountId account, base::ContactId contact) {
  core_.write<void>(
      account,
      [this, contact](store::Tx& tx, const store::Scope& scope, const AccountState& state) {
        return release_waiting({core_, tx, scope, state}, contact);
      },
      [account](base::Result<> result) {
        if (result) return;
        base::log::warning("account {}: messages still wait to be encrypted: {}", account.value,
                           result.error().message);
      });
}

void Courier::tell_profile(base::AccountId account) {
  core_.write<void>(
      account,
      [this](store::Tx& tx, const store::Scope& scope, const AccountState& state) {
        return messaging::tell_profile({core_, tx, scope, state});
      },
      [account](base::Result<> result) {
        if (result) return;
        base::log::warning("account {}: contacts were not told of the profile: {}", account.value,
                           result.error().message);
      });
}

void Courier::heard(base::AccountId account, std::int64_t route) {
  base::Lock lock(mutex_);
  routes_.heard({account, route});
  news_.notify_one();
}

void Courier::poke() {
  base::Lock lock(mutex_);
  routes_.end_pauses();
  reload_ = true;  // what was passed over while the account's delivery was off
  news_.notify_one();
}

void Courier::forget(base::AccountId account) {
  base::Lock lock(mutex_);
  routes_.forget(account);
  std::erase_if(troubles_, [&](const auto& entry) { return entry.first.first == account; });
  files_.forget(account);
  std::erase_if(owed_, [&](const auto& entry) { return entry.first.first == account; });
  told_.erase(account);
}

std::uint32_t Courier::connectivity(base::AccountId account) const {
  const auto state = core_.directory.get(account);
  if (!state || !(*state)->io_on) return 1000;
  base::Lock lock(mutex_);
  if (!running_) return 1000;
  switch (routes_.level(account)) {
    case RouteQueue::Level::idle:
      return 4000;
    case RouteQueue::Level::sending:
      return 3000;
    case RouteQueue::Level::failing:
      return 2000;
  }
  return 1000;
}

bool Courier::take_reload() {
  base::Lock lock(mutex_);
  return std::exchange(reload_, false);
}

// What the outbox holds that no wake() told of: from before the start, or while delivery was off.
void Courier::load_backlog() {
  for (const AccountPtr& account : core_.directory.all()) {
    auto read = core_.read(account->id);
    if (!read) continue;
    if (const auto routes = store::routes_with_outbox(read->scope())) {
      for (const std::int64_t route : *routes) wake(account->id, route);
    }
    if (const auto contacts = store::contacts_owed_receipts(read->scope())) {
      for (const ContactId contact : *contacts) owe(account->id, contact);
    }
  }
}

void Courier::run(std::stop_token stop) {
  base::Millis next_housekeeping = core_.clock.uptime();
  while (!stop.stop_requested()) {
    if (take_reload()) load_backlog();
    std::vector<RouteKey> routes;
    std::vector<std::pair<base::AccountId, base::ContactId>> owed;
    bool carry = false;
    const base::Millis now = core_.clock.uptime();
    {
      base::Lock lock(mutex_);
      routes = routes_.take(now);
      base::Millis wake_at = std::min(next_housekeeping, routes_.next_due().value_or(INT64_MAX));
      for (auto entry = owed_.begin(); entry != owed_.end();) {
        if (entry->second <= now) {
          owed.push_back(entry->first);
          entry = owed_.erase(entry);
        } else {
          wake_at = std::min(wake_at, entry->second);
          ++entry;
        }
      }
      if (routes.empty() && owed.empty() && !reload_ && !carry_ && wake_at > now &&
          !stop.stop_requested()) {
        // A test's clock moves by itself, so never sleep longer than a moment of real time on it.
        news_.wait_for(mutex_,
                       std::chrono::milliseconds(std::min<base::Millis>(wake_at - now, 1000)));
        continue;
      }
      carry = std::exchange(carry_, false);
    }
    for (const RouteKey& key : routes) send(key);
    // One at a time: messages to others wait for no more than a deposit's sealing.
    if (carry && files_.step()) carry_on();
    for (const auto& [account, contact] : owed) flush_receipts(account, contact);
    if (now >= next_housekeeping) {
      keep_house(core_, *this, incoming_, owed_states_);
      next_housekeeping = core_.clock.uptime() + kHousekeepingEvery;
    }
    std::set<base::AccountId> touched;
    for (const RouteKey& key : routes) touched.insert(key.first);
    for (const base::AccountId account : touched) tell_connectivity(account);
  }
}

void Courier::carry_on() {
  base::Lock lock(mutex_);
  carry_ = true;
  news_.notify_one();
}

void Courier::send(RouteKey key) {
  auto loaded = load_deposit(core_, key.first, key.second);
  if (!loaded) {
    base::log::warning("account {}: the outbox could not be read: {}", key.first.value,
                       loaded.error().message);
    return finished(key, false, true, 0);
  }
  if (!*loaded) return finished(key, true, false, 0);
  const std::shared_ptr<DepositLoad> load = *std::move(loaded);
  if (!load->unreadable.empty()) return give_up(key, load);
  if (!may_go(key, *load)) return;
  if (load->is_file()) {
    files_.begin(key, load, failures(key) > 0);
    return carry_on();
  }
  hand_over(core_, transport_, incoming_, std::move(load->deposit),
            [this, key, load](base::Result<DepositReply> result) {
              answered(key, load, result ? *result : DepositReply{});
            });
}

// Strangers have places of their own, and not too many at one host.
bool Courier::may_go(RouteKey key, const DepositLoad& load) {
  base::Lock lock(mutex_);
  if (!load.to_stranger()) {
    routes_.reached_before(key);
    return true;
  }
  if (!routes_.never_reached(key, load.party, load.few_tries())) return false;
  if (load.deposit.urls.empty()) return true;  // it fails by itself
  std::string host(base::host_of_url(load.deposit.urls.front()));
  for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const base::Millis now = core_.clock.uptime();
  const base::Millis wait = strangers_hosts_.take(host, now);
  if (wait > 0) routes_.postpone(key, now + wait);
  return wait == 0;
}

// What waits behind the file goes on.
void Courier::give_up(RouteKey key, const std::shared_ptr<const DepositLoad>& load) {
  core_.write<void>(
      key.first,
      [this, load](store::Tx& tx, const store::Scope& scope, const AccountState& account) {
        return give_up_file({core_, tx, scope, account}, load->rows.front(), load->unreadable);
      },
      [this, key](const base::Result<>& result) { finished(key, result.ok(), true, 0); });
}

void Courier::answered(RouteKey key, const std::shared_ptr<const DepositLoad>& load,
                       const DepositReply& reply) {
  if (reply.outcome == DepositOutcome::stored) {
    return core_.write<void>(
        key.first,
        [this, load](store::Tx& tx, const store::Scope& scope,
                     const AccountState& account) -> base::Result<> {
          const WriteContext write{core_, tx, scope, account};
          for (const OutboxRow& row : load->rows) {
            EDGE_CHECK(deposited(write, row));
          }
          return load->unreached ? note_reached(write, *load) : base::Result<>{};
        },
        [this, key](base::Result<> result) { finished(key, result.ok(), true, 0); });
  }
  failed(key, *load, reply);
}

void Courier::failed(RouteKey key, const DepositLoad& load, const DepositReply& reply) {
  {
    base::Lock lock(mutex_);
    troubles_[key].last = reply.outcome;
  }
  // An inviter whose line is slow shows its invite a moment before its relay knows it.
  const bool is_request = load.rows.front().kind == OutboxKind::join_request;
  if (reply.outcome == DepositOutcome::refused && is_request &&
      failures(key) >= kRefusalsBeforeGivingUp) {
    return core_.write<void>(
        key.first,
        [this, join = load.rows.front().join_id](store::Tx& tx, const store::Scope& scope,
                                                 const AccountState& account) {
          return join_failed({core_, tx, scope, account}, join,
                             "the invite was withdrawn, or the inviter does not know it");
        },
        [this, key](base::Result<>) { finished(key, true, true, 0); });
  }
  if (load.is_answer() && load.to_stranger() && failures(key) + 1 >= RouteQueue::kStrangerTries) {
    return end_asker(key, load);
  }
  if (reply.outcome == DepositOutcome::refused) refused(key, load);
  finished(key, false, true, reply.retry_after);
  if (reply.outcome == DepositOutcome::unreachable && !load.to_stranger()) tell_unreached(key);
}

// Who asked to join or for a session is not where it said. It may ask again.
void Courier::end_asker(RouteKey key, const DepositLoad& load) {
  core_.write<void>(
      key.first,
      [this, join = load.rows.front().join_id](store::Tx& tx, const store::Scope& scope,
                                               const AccountState& account) -> base::Result<> {
        EDGE_TRY(const auto pending, store::find_pending_join(scope, join));
        return pending ? forget_asker({core_, tx, scope, account}, *pending) : base::Result<>{};
      },
      [this, key](const base::Result<>& result) { finished(key, result.ok(), true, 0); });
}

// One of us went back to an older copy, or renewals crossed: the peer knows only the route's other
// way. Both refused: only a new session will be let in. While a join is not confirmed its Hello
// waits instead: a relay may hear of a new token a moment after it is used.
void Courier::refused(RouteKey key, const DepositLoad& load) {
  const OutboxRow& row = load.rows.front();
  const bool renewable = row.contact && row.join_id == 0;
  std::optional<DepositToken> before;
  {
    base::Lock lock(mutex_);
    before = std::exchange(troubles_[key].refused, load.token);
  }
  core_.write<void>(
      key.first,
      [this, key, contact = row.contact, renewable, token = load.token, before](
          store::Tx& tx, const store::Scope& scope, const AccountState& state) -> base::Result<> {
        EDGE_TRY(auto route, store::find_route(scope, key.second));
        // A handshake came between: there is another way by now.
        if (!route || route->way.token != token.bytes) return {};
        if (contact) {
          EDGE_TRY(const store::ContactRow peer, store::load_contact(scope, *contact));
          if (peer.route_id != key.second) return {};
        }
        const bool other_too = !route->second || (before && route->second->token == before->bytes);
        if (route->second) {
          std::swap(route->way, *route->second);
          EDGE_CHECK(store::update_route(scope, *route));
        }
        if (!renewable || !other_too) return {};
        return renew_refused({core_, tx, scope, state}, *contact);
      },
      [](base::Result<>) {});
}

RouteStanding Courier::standing(base::AccountId account, std::int64_t route) const {
  const RouteKey key{account, route};
  base::Lock lock(mutex_);
  const auto trouble = troubles_.find(key);
  const base::Millis due = routes_.due(key).value_or(0);
  return {routes_.failures(key), std::max<base::Millis>(due - core_.clock.uptime(), 0),
          trouble == troubles_.end() ? DepositOutcome::stored : trouble->second.last};
}

int Courier::failures(RouteKey key) const {
  base::Lock lock(mutex_);
  return routes_.failures(key);
}

void Courier::finished(RouteKey key, bool reached, bool again, base::Millis pause) {
  {
    base::Lock lock(mutex_);
    routes_.finished(key, reached, again, core_.clock.uptime(), pause);
    if (reached) troubles_.erase(key);
    news_.notify_one();
  }
  tell_connectivity(key.first);
}

void Courier::tell_unreached(RouteKey key) {
  {
    base::Lock lock(mutex_);
    if (!routes_.warning_due(key, core_.clock.uptime())) return;
  }
  core_.write<void>(
      key.first,
      [this, key](store::Tx& tx, const store::Scope& scope,
                  const AccountState& account) -> base::Result<> {
        EDGE_TRY(const auto route, store::find_route(scope, key.second));
        if (!route || route->way.urls.empty()) return {};
        return WriteContext{core_, tx, scope, account}.emit(
            Warning{"A peer cannot be reached at " + route->way.urls.front() +
                    "; what waits for it is sent as soon as it answers."});
      },
      [](base::Result<>) {});
}

void Courier::flush_receipts(base::AccountId account, base::ContactId contact) {
  core_.write<bool>(
      account,
      [this, contact](store::Tx& tx, const store::Scope& scope, const AccountState& state) {
        return queue_owed_receipts({core_, tx, scope, state}, contact);
      },
      [account](base::Result<bool> result) {
        if (!result) {
          base::log::warning("account {}: receipts stay owed: {}", account.value,
                             result.error().message);
        }
      });
}

void Courier::tell_connectivity(base::AccountId account) {
  const std::uint32_t level = connectivity(account);
  {
    base::Lock lock(mutex_);
    const auto [entry, added] = told_.try_emplace(account, 4000);
    // Going between "sending" and "nothing waits" is no news.
    const auto coarse = [](std::uint32_t l) { return l >= 3000 ? 4000u : l; };
    if (!running_ || coarse(entry->second) == coarse(level)) return;
    entry->second = level;
  }
  core_.write<void>(
      account,
      [](store::Tx& tx, const store::Scope&, const AccountState& state) {
        return Core::emit(tx, state.id, ConnectivityChanged{});
      },
      [](base::Result<>) {});
}

}  // namespace messaging
