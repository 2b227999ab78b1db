#include "messaging/delivery/courier.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "messaging/delivery/maintenance.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_receipts.h"

namespace messaging::delivery {
namespace {

constexpr base::Millis kReceiptDelay = 50;  // so that several receipts share an envelope
constexpr base::Millis kMaintenanceEvery = 60'000;
constexpr base::BudgetRule kStrangersOfHost{.per_second = 1, .burst = 120};

}  // namespace

Courier::Courier(kernel::Core& core, groups::PendingStates& pending_states)
    : core_(core), pending_states_(pending_states), strangers_hosts_(kStrangersOfHost) {
  for (kernel::Protocol* protocol : core_.protocols.all()) {
    protocol->on_step([this] { step_due(); });
  }
}

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

void Courier::schedule_receipts(base::AccountId account, base::ContactId contact) {
  base::Lock lock(mutex_);
  if (receipts_due_.try_emplace({account, contact}, core_.clock.uptime() + kReceiptDelay).second) {
    news_.notify_one();
  }
}

void Courier::release(base::AccountId account, base::ContactId contact) {
  core_.write<void>(
      account,
      [this, contact](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state) {
        return outbox::release_waiting({core_, tx, scope, state}, contact);
      },
      [account](base::Result<> result) {
        if (result) return;
        base::log::warning("account {}: messages still wait to be encrypted: {}", account.value,
                           result.error().message);
      });
}

void Courier::send_profile(base::AccountId account) {
  core_.write<void>(
      account,
      [this](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state) {
        return core_.protocols.of(state.protocol()).send_profile({core_, tx, scope, state});
      },
      [account](base::Result<> result) {
        if (result) return;
        base::log::warning("account {}: the profile was not sent to contacts: {}", account.value,
                           result.error().message);
      });
}

void Courier::route_answered(base::AccountId account, std::int64_t route) {
  base::Lock lock(mutex_);
  routes_.end_pause({account, route});
  news_.notify_one();
}

void Courier::poke() {
  base::Lock lock(mutex_);
  routes_.end_pauses();
  reload_ = true;  // rows that were skipped while the account's delivery was off
  news_.notify_one();
}

void Courier::forget(base::AccountId account) {
  for (kernel::Protocol* protocol : core_.protocols.all()) protocol->forget(account);
  base::Lock lock(mutex_);
  routes_.forget(account);
  std::erase_if(troubles_, [&](const auto& entry) { return entry.first.first == account; });
  std::erase_if(receipts_due_, [&](const auto& entry) { return entry.first.first == account; });
  emitted_connectivity_.erase(account);
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

bool Courier::all_done(base::AccountId account) const {
  const auto state = core_.directory.get(account);
  if (!state || !(*state)->io_on) return false;
  base::Lock lock(mutex_);
  // The backlog is not, or not completely, loaded.
  if (!running_ || reload_ || loading_) return false;
  const auto due = receipts_due_.lower_bound({account, base::ContactId()});
  if (due != receipts_due_.end() && due->first.first == account) return false;
  return routes_.level(account) != RouteQueue::Level::sending;
}

bool Courier::take_reload() {
  base::Lock lock(mutex_);
  loading_ = reload_;
  return std::exchange(reload_, false);
}

// Loads routes with rows that no wake() reported: rows from before the start, or from while
// delivery was off.
void Courier::load_backlog() {
  for (const kernel::AccountPtr& account : core_.directory.all()) {
    auto read = core_.read(account->id);
    if (!read) continue;
    if (const auto routes = store::routes_with_outbox(read->scope())) {
      for (const std::int64_t route : *routes) wake(account->id, route);
    }
    if (const auto contacts = store::contacts_with_pending_receipts(read->scope())) {
      for (const ContactId contact : *contacts) schedule_receipts(account->id, contact);
    }
  }
  base::Lock lock(mutex_);
  loading_ = false;
}

void Courier::run(std::stop_token stop) {
  base::Millis next_maintenance = core_.clock.uptime();
  std::weak_ptr<const void> maintenance;  // under way
  while (!stop.stop_requested()) {
    if (take_reload()) load_backlog();
    std::vector<RouteKey> routes;
    std::vector<std::pair<base::AccountId, base::ContactId>> pending;
    bool step = false;
    const base::Millis now = core_.clock.uptime();
    {
      base::Lock lock(mutex_);
      routes = routes_.take(now);
      base::Millis wake_at = std::min(next_maintenance, routes_.next_due().value_or(INT64_MAX));
      for (auto entry = receipts_due_.begin(); entry != receipts_due_.end();) {
        if (entry->second <= now) {
          pending.push_back(entry->first);
          entry = receipts_due_.erase(entry);
        } else {
          wake_at = std::min(wake_at, entry->second);
          ++entry;
        }
      }
      if (routes.empty() && pending.empty() && !reload_ && !step_ && wake_at > now &&
          !stop.stop_requested()) {
        // A test's clock moves independently of real time, so never sleep longer than a moment.
        news_.wait_for(mutex_,
                       std::chrono::milliseconds(std::min<base::Millis>(wake_at - now, 1000)));
        continue;
      }
      step = std::exchange(step_, false);
    }
    for (const RouteKey& key : routes) send(key);
    // One step at a time, so that messages to other peers wait for one step at most.
    if (step && take_step()) step_due();
    for (const auto& [account, contact] : pending) flush_receipts(account, contact);
    if (now >= next_maintenance) {
      run_maintenance(core_, *this, pending_states_, maintenance);
      next_maintenance = core_.clock.uptime() + kMaintenanceEvery;
    }
    std::set<base::AccountId> touched;
    for (const RouteKey& key : routes) touched.insert(key.first);
    for (const base::AccountId account : touched) emit_connectivity(account);
  }
}

// Runs a step of each protocol. True: one has more to do.
bool Courier::take_step() {
  bool more = false;
  for (kernel::Protocol* protocol : core_.protocols.all()) more = protocol->step() || more;
  return more;
}

void Courier::step_due() {
  base::Lock lock(mutex_);
  step_ = true;
  news_.notify_one();
}

kernel::Protocol* Courier::protocol_of(base::AccountId account) const {
  const auto state = core_.directory.get(account);
  return state ? &core_.protocols.of((*state)->protocol()) : nullptr;
}

void Courier::send(RouteKey key) {
  kernel::Protocol* const protocol = protocol_of(key.first);
  if (protocol == nullptr) return finished(key, true, false, 0);  // removed meanwhile
  auto load = protocol->load(key);
  if (!load) {
    base::log::warning("account {}: the outbox could not be read: {}", key.first.value,
                       load.error().message);
    return finished(key, false, true, 0);
  }
  if (!*load) return finished(key, true, false, 0);
  if (!may_go(key, **load)) return;
  const bool stranger = (*load)->stranger.has_value();
  protocol->carry(
      key, *std::move(load), failures(key),
      [this, key, stranger](const kernel::CarryReply& reply) { carried(key, stranger, reply); });
}

// Routes to strangers use slots of their own, and few per host.
bool Courier::may_go(RouteKey key, const kernel::Load& load) {
  base::Lock lock(mutex_);
  if (!load.stranger) {
    routes_.reached_before(key);
    return true;
  }
  const kernel::Load::Stranger& stranger = *load.stranger;
  if (!routes_.never_reached(key, stranger.party, stranger.few_tries)) return false;
  if (stranger.host.empty()) return true;
  const base::Millis now = core_.clock.uptime();
  const base::Millis wait = strangers_hosts_.take(stranger.host, now);
  if (wait > 0) routes_.postpone(key, now + wait);
  return wait == 0;
}

void Courier::carried(RouteKey key, bool stranger, const kernel::CarryReply& reply) {
  if (reply.outcome != kernel::CarryOutcome::stored) {
    base::Lock lock(mutex_);
    troubles_[key] = reply.outcome;
  }
  finished(key, reply.reached, true, reply.pause);
  if (reply.outcome == kernel::CarryOutcome::unreachable && !reply.reached && !stranger)
    warn_unreached(key);
}

RouteStanding Courier::standing(base::AccountId account, std::int64_t route) const {
  const RouteKey key{account, route};
  base::Lock lock(mutex_);
  const auto trouble = troubles_.find(key);
  const base::Millis due = routes_.due(key).value_or(0);
  return {routes_.failures(key), std::max<base::Millis>(due - core_.clock.uptime(), 0),
          trouble == troubles_.end() ? kernel::CarryOutcome::stored : trouble->second};
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
  emit_connectivity(key.first);
}

void Courier::warn_unreached(RouteKey key) {
  {
    base::Lock lock(mutex_);
    if (!routes_.warning_due(key, core_.clock.uptime())) return;
  }
  core_.write<void>(
      key.first,
      [this, key](store::Tx& tx, const store::Scope& scope,
                  const kernel::AccountState& account) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, account};
        EDGE_TRY(const std::string place, write.protocol().place(scope, key.second));
        if (place.empty()) return {};
        return write.emit(Warning{"A peer cannot be reached at " + place +
                                  "; what waits for it is sent as soon as it answers."});
      },
      [](base::Result<>) {});
}

void Courier::flush_receipts(base::AccountId account, base::ContactId contact) {
  core_.write<bool>(
      account,
      [this, contact](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state) {
        return outbox::queue_pending_receipts({core_, tx, scope, state}, contact);
      },
      [account](base::Result<bool> result) {
        if (!result) {
          base::log::warning("account {}: receipts stay pending: {}", account.value,
                             result.error().message);
        }
      });
}

void Courier::emit_connectivity(base::AccountId account) {
  const std::uint32_t level = connectivity(account);
  {
    base::Lock lock(mutex_);
    const auto [entry, added] = emitted_connectivity_.try_emplace(account, 4000);
    // A change between "sending" and "nothing waits" emits no event.
    const auto coarse = [](std::uint32_t l) { return l >= 3000 ? 4000u : l; };
    if (!running_ || coarse(entry->second) == coarse(level)) return;
    entry->second = level;
  }
  core_.write<void>(
      account,
      [](store::Tx& tx, const store::Scope&, const kernel::AccountState& state) {
        return kernel::Core::emit(tx, state.id, ConnectivityChanged{});
      },
      [](base::Result<>) {});
}

}  // namespace messaging::delivery
