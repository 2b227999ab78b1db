#include "gateway/relay/relay.h"

#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "gateway/relay/frames.h"
#include "messaging/kernel/relay_home.h"
#include "store/disk_room.h"
#include "store/relay/admissions.h"

namespace gateway {

using messaging::Arrival;
using messaging::ArrivalHead;
using messaging::ArrivalReply;
using messaging::ArrivalVerdict;
using store::RelayKey;
using store::RelayMailbox;

namespace {

constexpr base::Millis kPauseWhileDrained = 1'000;  // the owner is fetching
constexpr base::Millis kPauseWhileAway = 10'000;
constexpr base::Millis kClockStep = kHour;
constexpr std::size_t kMostParties = 100'000;  // whose rates are known, about 10 MB
constexpr std::size_t kEnvelopesAtOnce = 1024;
constexpr std::uint64_t kKeysRoom = 1024 * 1024;  // what a request's keys take on the disk

messaging::DepositKey key_of(const RelayKey& key) {
  messaging::DepositKey out{};
  std::copy(key.key.begin(), key.key.end(), out.begin());
  return out;
}

std::vector<KnownKey> known_keys(
    const std::vector<std::pair<store::RelayKeyId, store::RelayPurpose>>& rows) {
  std::vector<KnownKey> out;
  out.reserve(rows.size());
  for (const auto& [key_id, purpose] : rows) {
    out.push_back({key_id, purpose});
  }
  return out;
}

std::uint64_t as_unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }

}  // namespace

// A proven deposit on its way into the database.
struct Relay::Taken {
  Arrival arrival;
  std::vector<base::ByteView> envelopes;  // into arrival.body
  std::int64_t bytes = 0;
};

Relay::Relay(store::RelayStore& store, messaging::Mailroom& next, const base::Clock& clock,
             RelayOptions options)
    : store_(store),
      next_(next),
      clock_(clock),
      options_(std::move(options)),
      gate_(options_.url, clock),
      clock_offset_(clock.now() - clock.uptime()),
      handshakes_({.per_second = static_cast<double>(options_.limits.invite_per_hour) / 3600,
                   .burst = static_cast<double>(options_.limits.invite_per_hour)},
                  kMostParties),
      new_mailboxes_({.per_second = options_.limits.new_mailboxes_per_second,
                      .burst = options_.limits.new_mailboxes_at_once},
                     kMostParties) {}

ArrivalReply Relay::reply(ArrivalVerdict verdict, base::Millis pause) const {
  return {verdict, pause, clock_.now()};
}

// ---- deposits ----------------------------------------------------------------------------------

std::optional<ArrivalReply> Relay::judge(const ArrivalHead& head) {
  auto read = store_.read();
  if (!read) return reply(ArrivalVerdict::unavailable, kPauseWhileDrained);
  store::Connection& db = read->connection();
  const auto mailbox = store::find_mailbox(db, head.mailbox);
  if (!mailbox) return reply(ArrivalVerdict::unavailable, kPauseWhileDrained);
  if (!*mailbox) return next_.judge(head);
  const auto key = store::find_relay_key(db, store_.vault(), (*mailbox)->id, head.key_id);
  if (!key || !*key || !(*mailbox)->admitted) {
    ++counters_.unproven;
    return reply(ArrivalVerdict::unproven);
  }
  if (std::abs(head.time - clock_.now()) > messaging::kDepositClockWindow) {
    return reply(ArrivalVerdict::clock);
  }
  if ((*key)->purpose == store::RelayPurpose::handshakes) {
    base::Lock lock(mutex_);
    const base::Millis pause = handshakes_.wait((*key)->id, clock_.uptime());
    if (pause > 0) return reply(ArrivalVerdict::too_many, pause);
  }
  const auto size =
      static_cast<std::int64_t>(std::min<std::uint64_t>(head.size, messaging::kMaxDepositBytes));
  return over_limit(db, **mailbox, **key, size, 1);
}

// `bytes` and `envelopes` are what would be added.
std::optional<ArrivalReply> Relay::over_limit(store::Connection& db, const RelayMailbox& mailbox,
                                              const RelayKey& key, std::int64_t bytes,
                                              std::int64_t envelopes) {
  const RelayLimits& most = options_.limits;
  const bool handshakes = key.purpose == store::RelayPurpose::handshakes;
  const auto refuse = [&](ArrivalVerdict verdict) {
    ++counters_.refused;
    const bool soon = drained_soon_ && drained_soon_(mailbox.id);
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
                    !store::has_room(options_.dir, as_unsigned(bytes));
  if (full) return refuse(ArrivalVerdict::full);
  return std::nullopt;
}

void Relay::accept(Arrival arrival, base::Completion<ArrivalReply> done) {
  std::optional<RelayMailbox> mailbox;
  std::optional<std::int64_t> handshakes_by;  // the key's row
  {
    auto read = store_.read();
    if (!read) return done(reply(ArrivalVerdict::unavailable, kPauseWhileDrained));
    auto found = store::find_mailbox(read->connection(), arrival.mailbox);
    if (!found) return done(reply(ArrivalVerdict::unavailable, kPauseWhileDrained));
    mailbox = *found;
    if (mailbox) {
      const auto key = store::find_relay_key(read->connection(), store_.vault(), mailbox->id,
                                             arrival.proof.key_id);
      if (!key || !*key || !mailbox->admitted ||
          !messaging::proof_holds(key_of(**key), arrival.proof, arrival.mailbox, arrival.body)) {
        ++counters_.unproven;
        return done(reply(ArrivalVerdict::unproven));
      }
      if (std::abs(arrival.proof.time - clock_.now()) > messaging::kDepositClockWindow) {
        return done(reply(ArrivalVerdict::clock));
      }
      if (replays_.knows(arrival.proof.mac)) {
        ++counters_.replayed;
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
    // Each envelope is a request. More than an hour's in one deposit never will be taken.
    const std::size_t requests = taken->envelopes.size();
    if (requests > as_unsigned(options_.limits.invite_per_hour)) {
      ++counters_.refused;
      return done(reply(ArrivalVerdict::too_large));
    }
    base::Lock lock(mutex_);
    const base::Millis pause =
        handshakes_.take(*handshakes_by, clock_.uptime(), static_cast<double>(requests));
    if (pause > 0) {
      ++counters_.refused;
      return done(reply(ArrivalVerdict::too_many, pause));
    }
  }
  for (const base::ByteView one : taken->envelopes) {
    taken->bytes += static_cast<std::int64_t>(one.size());
  }
  store_.write<ArrivalReply>(
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
          counters_.kept += taken->envelopes.size();
          counters_.kept_bytes += as_unsigned(taken->bytes);
          replays_.note(taken->arrival.proof.mac);
          if (news_) news_(id);
        }
        done(*result);
      });
}

// In the write: what was judged before may have changed since.
base::Result<ArrivalReply> Relay::keep(store::Tx& tx, const Taken& taken) {
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

// ---- the owner ---------------------------------------------------------------------------------

Relay::Answer<RelayMailbox> Relay::owner_of(const OwnerRequest& request) {
  auto read = store_.read();
  if (!read) return OwnerRefusal::failed;
  const auto mailbox = store::find_mailbox(read->connection(), request.mailbox);
  if (!mailbox) return OwnerRefusal::failed;
  const auto owner = *mailbox ? crypto::PublicKey::from_bytes((*mailbox)->owner)
                              : base::Result<crypto::PublicKey>(crypto::PublicKey());
  if (!*mailbox || !owner ||
      !gate_.passes({request.mailbox, request.proof, request.method, request.what, request.body},
                    *owner)) {
    ++counters_.unproven;
    return OwnerRefusal::unproven;
  }
  if (!(*mailbox)->admitted) return OwnerRefusal::not_admitted;
  return **mailbox;
}

void Relay::open(OwnerRequest request, Answered<KeysDigest> done) {
  const auto asked = decode_open_request(request.body);
  if (!asked) return done(OwnerRefusal::malformed);
  // The name says whose it is: nobody can open a mailbox that is to be another's.
  if (request.mailbox != messaging::relay_mailbox_name(asked->owner)) {
    ++counters_.unproven;
    return done(OwnerRefusal::unproven);
  }
  std::int64_t admission = store::kOpenAdmission;
  {
    auto read = store_.read();
    if (!read) return done(OwnerRefusal::failed);
    const auto found =
        store::find_admission(read->connection(), store::admission_hash(asked->admission));
    if (!found) return done(OwnerRefusal::failed);
    if (!*found && !options_.open) return done(OwnerRefusal::not_admitted);
    admission = found->value_or(store::kOpenAdmission);
  }
  // The signature is judged here, and whether it is new only where the mailbox is or comes to be.
  if (!gate_.is_signed({request.mailbox, request.proof, request.method, request.what, request.body},
                       asked->owner)) {
    ++counters_.unproven;
    return done(OwnerRefusal::unproven);
  }
  store::RelayParty party{admission, {}};
  if (admission == store::kOpenAdmission && !request.address.empty()) {
    const auto hash = store_.vault().lookup(store_.vault().store_wide(), "relay opener",
                                            std::string_view(request.address));
    party.opener.assign(hash.begin(), hash.end());
  }
  using Opened = Answer<KeysDigest>;
  store_.write<Opened>(
      [this, name = request.mailbox, proof = request.proof, owner = asked->owner,
       party = std::move(party)](store::Tx& tx) -> base::Result<Opened> {
        EDGE_TRY(const auto known, store::find_mailbox(tx.db(), name));
        if (known) {
          if (!gate_.is_new(name, proof)) return Opened(OwnerRefusal::unproven);
          EDGE_CHECK(store::touch_mailbox(tx.db(), known->id, party, tx.now()));
          EDGE_TRY(const auto key_ids, store::list_relay_keys(tx.db(), known->id));
          return Opened(keys_digest(known_keys(key_ids)));
        }
        EDGE_TRY(const auto refusal, make_room(tx, party));
        if (refusal) return Opened(*refusal);
        EDGE_CHECK(store::insert_mailbox(tx.db(), name, owner.bytes(), party, tx.now()));
        tx.on_commit([this, name, proof] { gate_.is_new(name, proof); });
        return Opened(keys_digest({}));
      },
      [this, done = std::move(done)](base::Result<Opened> result) mutable {
        if (!result) {
          base::log::warning("relay: a mailbox could not be opened: {}", result.error().message);
          return done(OwnerRefusal::failed);
        }
        const auto* refusal = std::get_if<OwnerRefusal>(&*result);
        if (refusal != nullptr && *refusal == OwnerRefusal::unproven) ++counters_.unproven;
        done(*std::move(result));
      });
}

// For one mailbox more. Whoever is over its own bound makes room among its own mailboxes that hold
// nothing; only where the relay as a whole is full the one of all goes that was unused longest.
base::Result<std::optional<OwnerRefusal>> Relay::make_room(store::Tx& tx,
                                                           const store::RelayParty& party) {
  const RelayLimits& most = options_.limits;
  {
    const std::string name =
        std::to_string(party.admission) + "/" + std::string(base::as_text(party.opener));
    base::Lock lock(mutex_);
    if (new_mailboxes_.take(name, clock_.uptime()) > 0) return OwnerRefusal::too_many;
  }
  EDGE_TRY(const std::int64_t own, store::count_mailboxes_of(tx.db(), party));
  const bool is_open = party.admission == store::kOpenAdmission;
  if (own >= (is_open ? most.address_mailboxes : most.admission_mailboxes)) {
    return make_room_of(tx, party);
  }
  EDGE_TRY(const std::int64_t all, store::count_mailboxes(tx.db()));
  if (all >= most.mailboxes) return make_room_of(tx, std::nullopt);
  return std::nullopt;
}

base::Result<std::optional<OwnerRefusal>> Relay::make_room_of(
    store::Tx& tx, const std::optional<store::RelayParty>& party) {
  EDGE_TRY(auto unused, store::unused_mailboxes(tx.db(), party));
  // An owner that holds a stream is there, and may be about to register its first key.
  std::erase_if(unused, [&](const store::MailboxName& one) {
    return drained_soon_ && drained_soon_(one.id);
  });
  if (unused.empty()) return OwnerRefusal::full;
  unused.resize(1);
  EDGE_CHECK(store::delete_mailbox(tx.db(), unused.front().id));
  tx.on_commit([this, unused = std::move(unused)] { forget(unused); });
  return std::nullopt;
}

void Relay::forget(const std::vector<store::MailboxName>& gone) {
  for (const store::MailboxName& one : gone) gate_.forget(one.name);
}

Relay::Answer<std::vector<KnownKey>> Relay::keys(std::int64_t mailbox) {
  auto read = store_.read();
  if (!read) return OwnerRefusal::failed;
  auto key_ids = store::list_relay_keys(read->connection(), mailbox);
  if (!key_ids) return OwnerRefusal::failed;
  return known_keys(*key_ids);
}

void Relay::change_keys(std::int64_t mailbox, std::vector<KeyChange> changes,
                        Answered<std::monostate> done) {
  using Changed = Answer<std::monostate>;
  store_.write<Changed>(
      [this, mailbox, changes = std::move(changes)](store::Tx& tx) -> base::Result<Changed> {
        EDGE_TRY(const auto before, store::count_relay_keys(tx.db(), mailbox));
        for (const KeyChange& change : changes) {
          if (const auto* removed = std::get_if<messaging::DepositKeyId>(&change)) {
            EDGE_CHECK(store::remove_relay_key(tx.db(), mailbox, *removed));
            continue;
          }
          const auto& added = std::get<KeyAddition>(change);
          EDGE_CHECK(store::add_relay_key(tx.db(), tx.vault(), mailbox, added.key_id, added.key,
                                          added.purpose, added.pseudonym));
        }
        EDGE_TRY(const auto after, store::count_relay_keys(tx.db(), mailbox));
        const RelayLimits& most = options_.limits;
        const bool over = after.mailbox > most.keys || after.party > most.admission_keys ||
                          after.all > most.all_keys || !store::has_room(options_.dir, kKeysRoom);
        if (over && after.mailbox > before.mailbox) {
          return base::fail(base::Errc::exhausted, "too many deposit keys");
        }
        return Changed(std::monostate{});
      },
      [done = std::move(done)](base::Result<Changed> result) mutable {
        if (result) return done(*std::move(result));
        done(result.error().code == base::Errc::exhausted ? OwnerRefusal::full
                                                          : OwnerRefusal::failed);
      });
}

void Relay::acknowledge(std::int64_t mailbox, std::vector<std::int64_t> ids,
                        Answered<std::monostate> done) {
  if (ids.empty()) return done(std::monostate{});  // a ping
  store_.write<std::int64_t>(
      [mailbox, ids = std::move(ids)](store::Tx& tx) {
        return store::delete_envelopes(tx.db(), mailbox, ids);
      },
      [this, done = std::move(done)](base::Result<std::int64_t> gone) mutable {
        if (!gone) return done(OwnerRefusal::failed);
        counters_.acknowledged += as_unsigned(*gone);
        done(std::monostate{});
      });
}

base::Result<Relay::Waiting> Relay::waiting(std::int64_t mailbox, std::int64_t after,
                                            std::size_t max_bytes) {
  EDGE_TRY(auto read, store_.read());
  EDGE_TRY(const bool admitted, store::mailbox_is_admitted(read.connection(), mailbox));
  if (!admitted) return Waiting{};
  EDGE_TRY(auto envelopes,
           store::envelopes_after(read.connection(), mailbox, after, max_bytes, kEnvelopesAtOnce));
  Waiting out;
  for (store::KeptEnvelope& one : envelopes) {
    const std::size_t before = out.frames.size();
    append_frame(out.frames, EnvelopeFrame{one.id, one.at, one.key_id, std::move(one.body)});
    out.ids.emplace_back(one.id, out.frames.size() - before);
  }
  return out;
}

base::Result<std::vector<std::int64_t>> Relay::revoked() {
  EDGE_TRY(auto read, store_.read());
  return store::list_revoked_mailboxes(read.connection());
}

base::Result<RelayHoldings> Relay::holdings() const {
  EDGE_TRY(auto read, store_.read());
  EDGE_TRY(const std::int64_t mailboxes, store::count_mailboxes(read.connection()));
  EDGE_TRY(const store::RelayUsage waiting, store::usage_in_all(read.connection()));
  return RelayHoldings{mailboxes, waiting};
}

// ---- keeping order -----------------------------------------------------------------------------

// A wall clock that jumped makes everything look old (decision 18): nothing is dropped by it until
// it is back or the relay starts anew.
bool Relay::clock_is_suspect() {
  const bool suspect = std::abs((clock_.now() - clock_.uptime()) - clock_offset_) > kClockStep;
  if (suspect && !told_suspect_.exchange(true)) {
    base::log::warning("relay: the clock jumped; nothing is dropped by age until it is set right");
  }
  if (!suspect) told_suspect_ = false;
  return suspect;
}

void Relay::tidy() {
  if (clock_is_suspect()) return;
  struct Gone {
    std::vector<store::MailboxName> mailboxes;
    std::int64_t envelopes = 0;
  };
  store_.write<Gone>(
      [this](store::Tx& tx) -> base::Result<Gone> {
        Gone gone;
        EDGE_TRY(gone.mailboxes,
                 store::delete_abandoned_mailboxes(tx.db(), tx.now() - options_.limits.abandoned,
                                                   tx.now() - options_.limits.unused));
        EDGE_TRY(gone.envelopes,
                 store::delete_old_envelopes(tx.db(), tx.now() - options_.limits.keep));
        return gone;
      },
      [this](base::Result<Gone> gone) {
        if (!gone) return;
        forget(gone->mailboxes);
        counters_.expired += as_unsigned(gone->envelopes);
        // The rest, in steps that delay nobody.
        if (gone->envelopes > 0 || !gone->mailboxes.empty()) tidy();
      });
}

}  // namespace gateway
