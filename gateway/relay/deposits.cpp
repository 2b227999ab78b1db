#include "gateway/relay/deposits.h"

#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "store/relay/envelopes.h"

namespace gateway {

using messaging::peering::Arrival;
using messaging::peering::ArrivalHead;
using messaging::peering::ArrivalReply;
using messaging::peering::ArrivalVerdict;
using store::RelayKey;
using store::RelayMailbox;

namespace {

constexpr base::Millis kPauseWhileDrained = 1'000;  // the owner is fetching
constexpr base::Millis kPauseWhileAway = 10'000;

messaging::DepositKey key_of(const RelayKey& key) {
  messaging::DepositKey out{};
  std::copy(key.key.begin(), key.key.end(), out.begin());
  return out;
}

std::uint64_t as_unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }

}  // namespace

// A proven deposit on its way into the database.
struct RelayDeposits::Taken {
  Arrival arrival;
  std::vector<base::ByteView> envelopes;  // into arrival.body
  std::int64_t bytes = 0;
};

RelayDeposits::RelayDeposits(RelayCommon& common, messaging::peering::Mailroom& next)
    : common_(common),
      next_(next),
      handshakes_({.per_second = static_cast<double>(common.options.limits.invite_per_hour) / 3600,
                   .burst = static_cast<double>(common.options.limits.invite_per_hour)},
                  kMostParties) {}

ArrivalReply RelayDeposits::reply(ArrivalVerdict verdict, base::Millis pause) const {
  return {verdict, pause, common_.clock.now()};
}

std::optional<ArrivalReply> RelayDeposits::judge(const ArrivalHead& head) {
  auto read = common_.store.read();
  if (!read) return reply(ArrivalVerdict::unavailable, kPauseWhileDrained);
  store::Connection& db = read->connection();
  const auto mailbox = store::find_mailbox(db, head.mailbox);
  if (!mailbox) return reply(ArrivalVerdict::unavailable, kPauseWhileDrained);
  if (!*mailbox) return next_.judge(head);
  const auto key = store::find_relay_key(db, common_.store.vault(), (*mailbox)->id, head.key_id);
  if (!key || !*key || !(*mailbox)->admitted) {
    ++common_.counters.unproven;
    return reply(ArrivalVerdict::unproven);
  }
  if (std::abs(head.time - common_.clock.now()) > messaging::kDepositClockWindow) {
    return reply(ArrivalVerdict::clock);
  }
  if ((*key)->purpose == store::RelayPurpose::handshakes) {
    base::Lock lock(mutex_);
    const base::Millis pause = handshakes_.wait((*key)->id, common_.clock.uptime());
    if (pause > 0) return reply(ArrivalVerdict::too_many, pause);
  }
  const auto size =
      static_cast<std::int64_t>(std::min<std::uint64_t>(head.size, messaging::kMaxDepositBytes));
  return over_limit(db, **mailbox, **key, size, 1);
}

// `bytes` and `envelopes` are what would be added.
std::optional<ArrivalReply> RelayDeposits::over_limit(store::Connection& db,
                                                      const RelayMailbox& mailbox,
                                                      const RelayKey& key, std::int64_t bytes,
                                                      std::int64_t envelopes) {
  const RelayLimits& most = common_.options.limits;
  const bool handshakes = key.purpose == store::RelayPurpose::handshakes;
  const auto refuse = [&](ArrivalVerdict verdict) {
    ++common_.counters.refused;
    const bool soon = common_.drained_soon && common_.drained_soon(mailbox.id);
    return reply(verdict, verdict == ArrivalVerdict::too_large ? 0
                          : soon                               ? kPauseWhileDrained
                                                               : kPauseWhileAway);
  };
  if (handshakes && bytes > most.invite_deposit) return refuse(ArrivalVerdict::too_large);
  const std::int64_t share = handshakes ? most.invite_bytes : most.depositor_bytes;
  const auto total = store::usage_in_all(db);
  const auto party = store::usage_of(db, mailbox.party);
  if (!total || !party) return reply(ArrivalVerdict::unavailable, kPauseWhileDrained);
  const bool full = key.usage.bytes + bytes > share ||
                    key.usage.envelopes + envelopes > most.depositor_envelopes ||
                    mailbox.usage.bytes + bytes > most.mailbox_bytes ||
                    mailbox.usage.envelopes + envelopes > most.mailbox_envelopes ||
                    party->bytes + bytes > most.admission_bytes ||
                    total->bytes + bytes > most.total_bytes ||
                    !store::has_room_for(db, common_.options.dir, as_unsigned(bytes));
  if (full) return refuse(ArrivalVerdict::full);
  return std::nullopt;
}

void RelayDeposits::accept(Arrival arrival, base::Completion<ArrivalReply> done) {
  std::optional<RelayMailbox> mailbox;
  std::optional<std::int64_t> handshakes_by;  // the key's row
  {
    auto read = common_.store.read();
    if (!read) return done(reply(ArrivalVerdict::unavailable, kPauseWhileDrained));
    auto found = store::find_mailbox(read->connection(), arrival.mailbox);
    if (!found) return done(reply(ArrivalVerdict::unavailable, kPauseWhileDrained));
    mailbox = *found;
    if (mailbox) {
      const auto key = store::find_relay_key(read->connection(), common_.store.vault(), mailbox->id,
                                             arrival.proof.key_id);
      if (!key || !*key || !mailbox->admitted ||
          !messaging::proof_holds(key_of(**key), arrival.proof, arrival.mailbox, arrival.body)) {
        ++common_.counters.unproven;
        return done(reply(ArrivalVerdict::unproven));
      }
      if (std::abs(arrival.proof.time - common_.clock.now()) > messaging::kDepositClockWindow) {
        return done(reply(ArrivalVerdict::clock));
      }
      if (replays_.knows(arrival.proof.mac)) {
        ++common_.counters.replayed;
        return done(reply(ArrivalVerdict::stored));
      }
      if ((*key)->purpose == store::RelayPurpose::handshakes) handshakes_by = (*key)->id;
    }
  }
  if (!mailbox) return next_.accept(std::move(arrival), std::move(done));
  auto taken = std::make_shared<Taken>();
  taken->arrival = std::move(arrival);
  auto envelopes = messaging::split_body(taken->arrival.body);
  const bool good = envelopes.ok() && std::none_of(envelopes->begin(), envelopes->end(),
                                                   [](base::ByteView one) { return one.empty(); });
  if (!good) return done(reply(ArrivalVerdict::malformed));
  taken->envelopes = std::move(*envelopes);
  if (handshakes_by) {
    // Each envelope is a request. A deposit of more than an hour's requests can never be accepted.
    const std::size_t requests = taken->envelopes.size();
    if (requests > as_unsigned(common_.options.limits.invite_per_hour)) {
      ++common_.counters.refused;
      return done(reply(ArrivalVerdict::too_large));
    }
    base::Lock lock(mutex_);
    const base::Millis pause =
        handshakes_.take(*handshakes_by, common_.clock.uptime(), static_cast<double>(requests));
    if (pause > 0) {
      ++common_.counters.refused;
      return done(reply(ArrivalVerdict::too_many, pause));
    }
  }
  for (const base::ByteView one : taken->envelopes) {
    taken->bytes += static_cast<std::int64_t>(one.size());
  }
  common_.store.write<ArrivalReply>(
      [this, taken](store::Tx& tx) { return keep(tx, *taken); },
      [this, taken, id = mailbox->id,
       done = std::move(done)](base::Result<ArrivalReply> result) mutable {
        if (!result) {
          base::log::warning("relay: a deposit could not be stored: {}", result.error().message);
          const bool full = result.error().code == base::Errc::exhausted;
          return done(
              reply(full ? ArrivalVerdict::full : ArrivalVerdict::unavailable, kPauseWhileDrained));
        }
        if (result->verdict == ArrivalVerdict::stored) {
          common_.counters.kept += taken->envelopes.size();
          common_.counters.kept_bytes += as_unsigned(taken->bytes);
          replays_.note(taken->arrival.proof.mac);
          if (common_.news) common_.news(id);
        }
        done(*result);
      });
}

// In the write: the state may have changed since the first check.
base::Result<ArrivalReply> RelayDeposits::keep(store::Tx& tx, const Taken& taken) {
  EDGE_TRY(const auto mailbox, store::find_mailbox(tx.db(), taken.arrival.mailbox));
  if (!mailbox || !mailbox->admitted) return reply(ArrivalVerdict::unproven);
  EDGE_TRY(const auto key,
           store::find_relay_key(tx.db(), tx.vault(), mailbox->id, taken.arrival.proof.key_id));
  if (!key) return reply(ArrivalVerdict::unproven);
  const auto refusal = over_limit(tx.db(), *mailbox, *key, taken.bytes,
                                  static_cast<std::int64_t>(taken.envelopes.size()));
  if (refusal) return *refusal;
  EDGE_CHECK(store::retire_older_keys(tx.db(), *key));
  EDGE_CHECK(store::insert_envelopes(tx.db(), mailbox->id, key->depositor,
                                     taken.arrival.proof.key_id, tx.now(), taken.envelopes));
  return reply(ArrivalVerdict::stored);
}

}  // namespace gateway
