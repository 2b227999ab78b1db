#include "messaging/courier.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "crypto/envelope.h"
#include "crypto/random.h"
#include "messaging/content.h"
#include "messaging/core.h"
#include "messaging/incoming.h"
#include "messaging/joining.h"
#include "messaging/outgoing.h"
#include "messaging/removal.h"
#include "store/tables/blobs.h"
#include "store/tables/envelopes.h"
#include "store/tables/messages.h"
#include "store/tables/owed_receipts.h"
#include "store/tables/sessions.h"
#include "store/tables/transfers.h"

namespace messaging {
namespace {

constexpr base::Millis kFirstPause = 250;
constexpr base::Millis kLongestPauseEarly = 9'000;  // in the first ten minutes
constexpr base::Millis kLongestPauseLate = 120'000;
constexpr base::Millis kEarly = 10 * 60'000;
constexpr base::Millis kWarnAfter = 10'000;
constexpr base::Millis kWarnEvery = 3600'000;
constexpr base::Millis kReceiptDelay = 50;  // so that receipts travel together
constexpr base::Millis kHousekeepingEvery = 60'000;
constexpr std::uint64_t kMostUnderWay = 64;         // deposits, over all routes
constexpr std::size_t kDepositBytes = 1024 * 1024;  // aimed at; one envelope may be larger
constexpr std::size_t kPartsPerDeposit = 6;

using store::OutboxKind;
using store::OutboxRow;

// The same route as it is known to a peer that lives in this daemon.
DepositReply from_verdict(const ArrivalReply& reply) {
  DepositReply out;
  out.retry_after = reply.retry_after;
  out.peer_time = reply.our_time;
  switch (reply.verdict) {
    case ArrivalVerdict::stored:
      out.outcome = DepositOutcome::stored;
      break;
    case ArrivalVerdict::unproven:
      out.outcome = DepositOutcome::refused;
      break;
    case ArrivalVerdict::malformed:
      out.outcome = DepositOutcome::refused;
      break;
    case ArrivalVerdict::too_large:
      out.outcome = DepositOutcome::too_large;
      break;
    case ArrivalVerdict::clock:
    case ArrivalVerdict::too_many:
    case ArrivalVerdict::unavailable:
    case ArrivalVerdict::full:
      out.outcome = DepositOutcome::busy;
      break;
  }
  return out;
}

}  // namespace

// What one deposit is made of, to know what to write when it is answered.
struct Courier::Load {
  RouteKey key;
  Deposit deposit;
  std::vector<OutboxRow> rows;    // without their envelopes
  std::uint32_t parts_until = 0;  // of a file: the next part after this deposit
  std::uint32_t parts = 0;        // of a file: how many there are
};

Courier::Courier(Core& core, Incoming& incoming) : core_(core), incoming_(incoming) {}

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
  routes_[{account, route}].ready = true;
  news_.notify_one();
}

void Courier::owe(base::AccountId account, base::ContactId contact) {
  base::Lock lock(mutex_);
  if (owed_.try_emplace({account, contact}, core_.clock.uptime() + kReceiptDelay).second) {
    news_.notify_one();
  }
}

void Courier::heard(base::AccountId account, std::int64_t route) {
  base::Lock lock(mutex_);
  const auto found = routes_.find({account, route});
  if (found == routes_.end() || found->second.failures == 0) return;
  found->second.due = 0;
  news_.notify_one();
}

void Courier::poke() {
  base::Lock lock(mutex_);
  for (auto& [key, state] : routes_) state.due = 0;
  reload_ = true;  // what was passed over while the account's delivery was off
  news_.notify_one();
}

void Courier::forget(base::AccountId account) {
  base::Lock lock(mutex_);
  std::erase_if(routes_, [&](const auto& entry) { return entry.first.first == account; });
  std::erase_if(owed_, [&](const auto& entry) { return entry.first.first == account; });
  told_.erase(account);
}

std::uint32_t Courier::connectivity(base::AccountId account) const {
  const auto state = core_.directory.get(account);
  if (!state || !(*state)->io_on) return 1000;
  base::Lock lock(mutex_);
  if (!running_) return 1000;
  std::uint32_t level = 4000;
  for (const auto& [key, route] : routes_) {
    if (key.first != account || !(route.ready || route.in_flight)) continue;
    level = std::min<std::uint32_t>(level, route.failures > 0 ? 2000 : 3000);
  }
  return level;
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
    const base::Millis now = core_.clock.uptime();
    {
      base::Lock lock(mutex_);
      base::Millis wake_at = next_housekeeping;
      for (auto& [key, state] : routes_) {
        if (!state.ready || state.in_flight) continue;
        if (state.due > now) {
          wake_at = std::min(wake_at, state.due);
        } else if (deposits_under_way_ + routes.size() < kMostUnderWay) {
          state.ready = false;
          state.in_flight = true;
          routes.push_back(key);
        }
      }
      for (auto entry = owed_.begin(); entry != owed_.end();) {
        if (entry->second <= now) {
          owed.push_back(entry->first);
          entry = owed_.erase(entry);
        } else {
          wake_at = std::min(wake_at, entry->second);
          ++entry;
        }
      }
      deposits_under_way_ += routes.size();
      if (routes.empty() && owed.empty() && !reload_ && wake_at > now && !stop.stop_requested()) {
        // A test's clock moves by itself, so never sleep longer than a moment of real time on it.
        news_.wait_for(mutex_,
                       std::chrono::milliseconds(std::min<base::Millis>(wake_at - now, 1000)));
        continue;
      }
    }
    for (const RouteKey& key : routes) send(key);
    for (const auto& [account, contact] : owed) flush_receipts(account, contact);
    if (now >= next_housekeeping) {
      housekeeping();
      next_housekeeping = core_.clock.uptime() + kHousekeepingEvery;
    }
    std::set<base::AccountId> touched;
    for (const RouteKey& key : routes) touched.insert(key.first);
    for (const base::AccountId account : touched) tell_connectivity(account);
  }
}

void Courier::send(RouteKey key) {
  auto load = this->load(key);
  if (!load) {
    base::log::warning("account {}: the outbox could not be read: {}", key.first.value,
                       load.error().message);
    return finished(key, false, true, 0);
  }
  if (!*load) return finished(key, true, false, 0);
  deposit(*std::move(load));
}

// Nothing when there is nothing to send on the route now.
base::Result<std::unique_ptr<Courier::Load>> Courier::load(RouteKey key) {
  EDGE_TRY(auto read, core_.read(key.first));
  if (!read.account->io_on) return nullptr;
  const store::Scope scope = read.scope();
  EDGE_TRY(auto rows, store::ready_outbox(scope, key.second, kMaxDepositEnvelopes, kDepositBytes));
  if (rows.empty()) return nullptr;
  EDGE_TRY(const auto route, store::find_route(scope, key.second));
  if (!route) return nullptr;
  auto load = std::make_unique<Load>();
  load->key = key;
  load->deposit.urls = route->urls;
  load->deposit.mailbox = route->mailbox;
  load->deposit.token.bytes = route->token;
  if (rows.front().kind == OutboxKind::file) {
    EDGE_CHECK(load_parts(scope, rows.front(), *load));
    rows.resize(1);
  } else {
    // A file in the middle of the queue begins the next deposit, so that order holds.
    const auto file = std::find_if(rows.begin(), rows.end(), [](const OutboxRow& row) {
      return row.kind == OutboxKind::file;
    });
    rows.erase(file, rows.end());
    for (OutboxRow& row : rows) load->deposit.envelopes.push_back(std::move(row.envelope));
  }
  load->rows = std::move(rows);
  return load;
}

base::Result<> Courier::load_parts(store::Scope scope, const OutboxRow& row, Load& load) {
  EDGE_TRY(const auto blob, store::load_blob(scope, row.blob_id));
  EDGE_TRY(const auto session, store::sending_session(scope, *row.contact));
  if (!session) return base::fail(base::Errc::unavailable, "a file waits for a session");
  EDGE_TRY(auto file, core_.store.blobs().open_sealed(scope.key.uuid(), blob.name));
  load.parts = part_count(file.sealed_size());
  load.parts_until = row.next_part;
  base::Bytes bytes(kFilePart);
  while (load.parts_until < load.parts && load.deposit.envelopes.size() < kPartsPerDeposit) {
    EDGE_TRY(const std::size_t size,
             file.read_sealed(std::uint64_t{load.parts_until} * kFilePart, bytes));
    const FilePart part{*row.transfer, load.parts_until, file.sealed_size(),
                        base::ByteView(bytes).first(size)};
    EDGE_TRY(auto envelope, crypto::seal_envelope({session->peer_box},
                                                  static_cast<std::uint8_t>(EnvelopeKind::part),
                                                  session->peer_tag, encode(part)));
    load.deposit.envelopes.push_back(std::move(envelope));
    ++load.parts_until;
  }
  return {};
}

void Courier::deposit(std::unique_ptr<Load> load) {
  const std::shared_ptr<Load> shared = std::move(load);
  auto reply = [this, shared](base::Result<DepositReply> result) {
    answered(shared, result ? *result : DepositReply{});
  };
  // Nothing left of the file to send: it only has to be marked.
  if (shared->deposit.envelopes.empty()) {
    return reply(DepositReply{DepositOutcome::stored, 0, std::nullopt});
  }
  // A mailbox of this daemon: the same envelopes through the same way in.
  if (core_.directory.by_mailbox(shared->deposit.mailbox)) {
    Arrival arrival;
    arrival.mailbox = shared->deposit.mailbox;
    arrival.body = join_body(shared->deposit.envelopes);
    arrival.proof =
        prove_deposit(shared->deposit.token, arrival.mailbox, core_.clock.now(), arrival.body);
    return incoming_.accept(std::move(arrival),
                            [reply = std::move(reply)](base::Result<ArrivalReply> result) mutable {
                              if (!result) return reply(std::move(result).error());
                              reply(from_verdict(*result));
                            });
  }
  core_.transport.deposit(std::move(shared->deposit), std::move(reply));
}

void Courier::answered(std::shared_ptr<Load> load, const DepositReply& reply) {
  const RouteKey key = load->key;
  if (reply.outcome == DepositOutcome::stored) {
    return core_.write<void>(
        key.first,
        [this, load](store::Tx& tx, const store::Scope& scope,
                     const AccountState& account) -> base::Result<> {
          const WriteContext write{core_, tx, scope, account};
          for (const OutboxRow& row : load->rows) {
            EDGE_CHECK(deposited(write, row, load->parts_until, load->parts));
          }
          return {};
        },
        [this, key](base::Result<> result) { finished(key, result.ok(), true, 0); });
  }
  const bool is_request = load->rows.front().kind == OutboxKind::join_request;
  if (reply.outcome == DepositOutcome::refused && is_request) {
    return core_.write<void>(
        key.first,
        [this, join = load->rows.front().join_id](store::Tx& tx, const store::Scope& scope,
                                                  const AccountState& account) {
          return join_failed({core_, tx, scope, account}, join,
                             "the invite was withdrawn, or the inviter does not know it");
        },
        [this, key](base::Result<>) { finished(key, true, true, 0); });
  }
  finished(key, false, true, reply.retry_after);
  if (reply.outcome == DepositOutcome::unreachable) tell_unreached(key);
}

void Courier::finished(RouteKey key, bool reached, bool again, base::Millis pause) {
  {
    base::Lock lock(mutex_);
    --deposits_under_way_;
    const auto found = routes_.find(key);
    if (found != routes_.end()) {
      RouteState& state = found->second;
      state.in_flight = false;
      state.ready = state.ready || again;
      if (reached) {
        state.failures = 0;
        state.due = 0;
      } else {
        if (state.failures++ == 0) state.failing_since = core_.clock.uptime();
        state.due =
            core_.clock.uptime() + std::max(pause_after(state), std::min(pause, kLongestPauseLate));
      }
      if (!state.ready) routes_.erase(found);
    }
    news_.notify_one();
  }
  tell_connectivity(key.first);
}

void Courier::tell_unreached(RouteKey key) {
  {
    base::Lock lock(mutex_);
    const auto found = routes_.find(key);
    if (found == routes_.end()) return;
    RouteState& state = found->second;
    const base::Millis now = core_.clock.uptime();
    if (now - state.failing_since < kWarnAfter) return;
    if (state.warned && now - *state.warned < kWarnEvery) return;
    state.warned = now;
  }
  core_.write<void>(
      key.first,
      [this, key](store::Tx& tx, const store::Scope& scope,
                  const AccountState& account) -> base::Result<> {
        EDGE_TRY(const auto route, store::find_route(scope, key.second));
        if (!route || route->urls.empty()) return {};
        return WriteContext{core_, tx, scope, account}.emit(
            Warning{"A peer cannot be reached at " + route->urls.front() +
                    "; what waits for it is sent as soon as it answers."});
      },
      [](base::Result<>) {});
}

// Doubles from a quarter of a second, with up to half of it as jitter.
base::Millis Courier::pause_after(const RouteState& state) const {
  const base::Millis failing = core_.clock.uptime() - state.failing_since;
  const base::Millis longest = failing < kEarly ? kLongestPauseEarly : kLongestPauseLate;
  const int doublings = std::min(state.failures - 1, 16);
  const base::Millis pause = std::min(kFirstPause << doublings, longest);
  return pause / 2 + static_cast<base::Millis>(crypto::random_u64() %
                                               static_cast<std::uint64_t>(pause / 2 + 1));
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

// Files whose message never came.
base::Result<> Courier::expire_transfers(const WriteContext& write, UnixMillis before) {
  EDGE_TRY(const auto stale, store::transfers_before(write.scope, before));
  RemovedFiles files(core_, write.account);
  for (const store::TransferRow& transfer : stale) {
    EDGE_CHECK(store::delete_transfer(write.scope, transfer.id));
    files.add(transfer.name);
  }
  files.remove_after(write.tx);
  return {};
}

// Slow things: what was never acknowledged goes out again, what expired is reported, old marks go.
void Courier::housekeeping() {
  core_.store.renew_reserve();
  for (const AccountPtr& account : core_.directory.all()) {
    core_.write<std::int64_t>(
        account->id,
        [this](store::Tx& tx, const store::Scope& scope,
               const AccountState& state) -> base::Result<std::int64_t> {
          const WriteContext write{core_, tx, scope, state};
          const UnixMillis now = tx.now();
          EDGE_CHECK(expire_joins(write, now));
          EDGE_CHECK(expire_outbox(write, now - kExpireAfter));
          EDGE_CHECK(store::forget_envelopes(scope, now - kSeenLifetime));
          EDGE_CHECK(store::drop_parked_envelopes(scope, now - kParkedLifetime));
          EDGE_CHECK(expire_transfers(write, now - kExpireAfter));
          return store::redeposit_outbox(scope, now - kRedepositAfter);
        },
        [this, id = account->id](base::Result<std::int64_t> again) {
          if (!again) {
            base::log::warning("account {}: housekeeping failed: {}", id.value,
                               again.error().message);
          } else if (*again > 0) {
            poke();
          }
        });
  }
}

}  // namespace messaging
