#include "messaging/peering/incoming.h"

#include <chrono>

#include "base/log.h"
#include "crypto/envelope.h"
#include "crypto/random.h"
#include "messaging/kernel/portions.h"
#include "messaging/model/file_part.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/peering/renewal.h"
#include "store/tables/contacts.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

using base::Errc;
using base::fail;

namespace {

constexpr std::size_t kHellosAtOnce = 64;  // in one write
constexpr base::Millis kPauseWhileStopped = 10'000;

// An invite's token allows join requests and nothing else, a group's introduction, a card's and a
// retired one session requests, a contact's everything but joins (decision 14).
bool allows(store::TokenPurpose purpose, EnvelopeKind kind) {
  switch (purpose) {
    case store::TokenPurpose::invite:
      return kind == EnvelopeKind::join_request;
    case store::TokenPurpose::contact:
      return kind != EnvelopeKind::join_request;
    case store::TokenPurpose::introduction:
    case store::TokenPurpose::retired:
    case store::TokenPurpose::card:
      return kind == EnvelopeKind::session_request;
  }
  return false;
}

}  // namespace

Incoming::Incoming(kernel::Core& core)
    : core_(core),
      budgets_(core),
      applier_(core, counters_,
               [this](AccountId account, const Tag& tag) { parked_.retry(account, tag); }),
      arrivals_(core,
                [this](const kernel::WriteContext& write, Delivery& delivery,
                       std::chrono::microseconds time) {
                  return applier_.apply_slice(write, delivery, time);
                }),
      parked_(core, arrivals_) {}

ArrivalReply Incoming::reply(ArrivalVerdict verdict, base::Millis later) const {
  return {verdict, later, core_.clock.now()};
}

void Incoming::accept(Arrival arrival, base::Completion<ArrivalReply> done) {
  const kernel::AccountPtr account = core_.directory.by_mailbox(arrival.mailbox);
  if (!account) {
    ++counters_.unproven;
    return done(reply(ArrivalVerdict::unproven));
  }
  auto read = core_.read(account->id);
  if (!read) return done(reply(ArrivalVerdict::unavailable));
  auto token = store::find_deposit_token(read->scope(), arrival.proof.key_id);
  if (!token) return done(reply(ArrivalVerdict::unavailable));
  if (!*token || (*token)->blocked ||
      !proof_holds(deposit_key({(*token)->token}), arrival.proof, arrival.mailbox, arrival.body)) {
    ++counters_.unproven;
    return done(reply(ArrivalVerdict::unproven));
  }
  const base::Millis off = arrival.proof.time - core_.clock.now();
  if (off > kDepositClockWindow || off < -kDepositClockWindow) {
    return done(reply(ArrivalVerdict::clock));
  }
  if (!account->io_on) {
    if ((*token)->contact) {
      base::Lock lock(mutex_);
      refused_[account->id].insert(*(*token)->contact);
    }
    return done(reply(ArrivalVerdict::unavailable, kPauseWhileStopped));
  }
  if ((*token)->purpose != store::TokenPurpose::contact) {
    if (arrival.body.size() > kMaxInviteDeposit) return done(reply(ArrivalVerdict::too_large));
    const auto refusal = budgets_.judge(read->scope(), **token, arrival.body);
    if (refusal) return done(*refusal);
  }
  take({account, read->scope(), **token}, arrival, From::peer, std::move(done));
}

ArrivalReply Incoming::reply_to(const base::Error& error) const {
  switch (error.code) {
    case Errc::invalid_argument:
      return reply(ArrivalVerdict::malformed);
    case Errc::forbidden:
      return reply(ArrivalVerdict::unproven);
    case Errc::exhausted:
      return reply(ArrivalVerdict::full);
    default:
      return reply(ArrivalVerdict::unavailable);
  }
}

void Incoming::take(const Opening& opening, const Arrival& arrival, From from,
                    base::Completion<ArrivalReply> done) {
  auto opened = open_delivery(opening, arrival, from);
  if (!opened) return done(reply_to(opened.error()));
  const DeliveryPtr delivery = *std::move(opened);
  if (!delivery->unsynced) return keep(delivery, std::move(done));
  auto go_on = [this, delivery, done = std::move(done)](base::Result<> synced) mutable {
    if (!synced) return done(reply_to(synced.error()));
    keep(delivery, std::move(done));
  };
  store::SealedBlobWriter file = *std::exchange(delivery->unsynced, std::nullopt);
  if (from == From::relay) return go_on(file.sync());
  part_sync_.add(std::move(file), std::move(go_on));
}

void Incoming::keep(const DeliveryPtr& delivery, base::Completion<ArrivalReply> done) {
  auto answered = [this, account = delivery->account, parts = delivery->parts,
                   done = std::move(done)](base::Result<Delivery::End> end) mutable {
    begun_.committed(account, parts);
    if (!end) {
      return done(reply(end.error().code == Errc::exhausted ? ArrivalVerdict::full
                                                            : ArrivalVerdict::unavailable));
    }
    if (!end->stored) ++counters_.later;
    done(end->stored ? reply(ArrivalVerdict::stored) : reply(ArrivalVerdict::too_many, end->later));
  };
  if (!delivery->envelopes.empty()) {
    delivery->done = std::move(answered);
    return arrivals_.add(delivery);
  }
  // Parts of files alone cost little and come several deposits at once: they share commits.
  core_.write<Delivery::End>(
      delivery->account,
      [this, delivery](store::Tx& tx, const store::Scope& scope,
                       const kernel::AccountState& state) -> base::Result<Delivery::End> {
        EDGE_CHECK(applier_.apply_parts_alone({core_, tx, scope, state}, *delivery));
        return Delivery::End{true, 0};
      },
      std::move(answered));
}

// Each run of envelopes with the same key becomes one delivery, as it was one deposit at the relay.
void Incoming::accept_relayed(AccountId id, std::vector<RelayedEnvelope> envelopes,
                              base::Completion<bool> done) {
  struct Round {
    std::atomic<std::size_t> left{1};
    std::atomic<bool> stored{true};
    base::Completion<bool> done;
    void end(bool good) {
      if (!good) stored = false;
      if (--left == 0) done(stored.load());
    }
  };
  auto round = std::make_shared<Round>();
  round->done = std::move(done);
  const auto account = core_.directory.get(id);
  if (account && !(*account)->io_on) return round->end(false);
  for (std::size_t at = 0; account && at < envelopes.size();) {
    Arrival arrival;
    arrival.proof.key_id = envelopes[at].key_id;
    std::vector<base::Bytes> run;
    std::size_t bytes = 0;
    while (at < envelopes.size() && envelopes[at].key_id == arrival.proof.key_id &&
           run.size() < kMaxDepositEnvelopes && bytes < kMaxDepositBytes) {
      bytes += envelopes[at].envelope.size();
      run.push_back(std::move(envelopes[at++].envelope));
    }
    auto read = core_.read(id);
    const auto token = read ? store::find_deposit_token(read->scope(), arrival.proof.key_id)
                            : std::move(read).error();
    if (!token) {
      round->stored = false;
      break;
    }
    if (!*token || (*token)->blocked) {
      counters_.unproven += run.size();
      continue;
    }
    if ((*token)->purpose != store::TokenPurpose::contact) drop_surplus(id, **token, run);
    if (run.empty()) continue;
    arrival.body = join_body(run);
    ++round->left;
    take({*account, read->scope(), **token}, arrival, From::relay,
         [round](const base::Result<ArrivalReply>& reply) {
           const bool later = !reply || reply->verdict == ArrivalVerdict::unavailable ||
                              reply->verdict == ArrivalVerdict::too_many ||
                              reply->verdict == ArrivalVerdict::full;
           round->end(!later);
         });
  }
  round->end(true);
}

// A refused request would stay in the relay's mailbox, before what others sent: it is dropped.
void Incoming::drop_surplus(AccountId account, const store::DepositTokenRow& token,
                            std::vector<base::Bytes>& requests) {
  const std::size_t accepted = budgets_.take_relayed(account, token, requests.size());
  counters_.unopened += requests.size() - accepted;
  counters_.surplus += requests.size() - accepted;
  requests.resize(accepted);
}

base::Result<> Incoming::open_handshake(const Opening& opening, const std::string& party,
                                        OpenedEnvelope& opened) {
  const auto& [account, scope, token] = opening;
  switch (opened.kind) {
    case EnvelopeKind::join_request: {
      EDGE_TRY(opened.join, open_join_request(*account, scope, token.owner_id, opened.body));
      return {};
    }
    case EnvelopeKind::session_request:
      if (budgets_.may_open(account->id, token)) {
        opened.request = open_session_request(*account, token, opened.body);
      } else {
        ++counters_.unread;
      }
      return {};
    case EnvelopeKind::join_answer:
    case EnvelopeKind::session_answer: {
      EDGE_TRY(const auto seen, store::find_seen_envelope(scope, opened.id));
      if (seen) return {};
      opened.later = budgets_.take_answer(party);
      if (opened.later > 0) return {};
      EDGE_TRY(opened.answer, opened.kind == EnvelopeKind::join_answer
                                  ? open_answer(scope, opened.tag, opened.body)
                                  : open_session_answer(scope, opened.tag, opened.body));
      return {};
    }
    default:
      return {};
  }
}

base::Result<DeliveryPtr> Incoming::open_delivery(const Opening& opening, const Arrival& arrival,
                                                  From from) {
  const auto& [account, scope, token] = opening;
  EDGE_TRY(const auto envelopes, split_body(arrival.body));
  auto delivery = std::make_shared<Delivery>();
  delivery->account = account->id;
  delivery->party = party_of(account->id, token);
  delivery->from = from;
  delivery->token = token;
  ArrivingParts parts(core_, begun_, account);
  crypto::WipingBytes scratch;  // a part is written from where it was opened
  for (const base::ByteView envelope : envelopes) {
    const auto inside = crypto::open_envelope_into(scratch, account->identity, envelope);
    if (!inside) {
      ++counters_.unopened;
      continue;
    }
    const auto kind = static_cast<EnvelopeKind>(inside->kind);
    // A contact that still uses a retired token was restored from an older copy: the refusal makes
    // it ask for a new session.
    if (token.purpose == store::TokenPurpose::retired && !allows(token.purpose, kind)) {
      return fail(Errc::forbidden, "a retired token allows session requests only");
    }
    if (!allows(token.purpose, kind)) {
      ++counters_.unopened;
      continue;
    }
    if (kind == EnvelopeKind::part) {
      const auto written = parts.write(inside->tag, inside->body);
      if (!written) {
        if (from == From::peer || written.error().code != Errc::exhausted) return written.error();
        warn_dropped(account->id, written.error());
      }
      if (!written || !*written) ++counters_.unopened;
      continue;
    }
    OpenedEnvelope opened;
    opened.id = crypto::envelope_id(envelope);
    opened.kind = kind;
    opened.tag = inside->tag;
    opened.body.assign(inside->body.begin(), inside->body.end());
    if (kind == EnvelopeKind::message) opened.sealed = base::to_bytes(envelope);
    const auto handshake = open_handshake(opening, delivery->party, opened);
    // A record of ours that does not open is found by the write as well, which drops the envelope.
    if (!handshake && handshake.error().code != Errc::sealed) return handshake.error();
    delivery->bytes += opened.body.size() + opened.sealed.size();
    delivery->envelopes.push_back(std::move(opened));
  }
  delivery->parts = parts.take();
  delivery->unsynced = parts.unsynced();
  return delivery;
}

// Once a minute: a file has thousands of parts.
void Incoming::warn_dropped(AccountId account, const base::Error& why) {
  {
    base::Lock lock(mutex_);
    const base::Millis now = core_.clock.uptime();
    if (warned_at_ && now - *warned_at_ < 60'000) return;
    warned_at_ = now;
  }
  base::log::warning(
      "account {}: parts of files from the relay are dropped, and come again later: {}",
      account.value, why.message);
}

// A Hello makes these contacts send what waits for us, sooner than by their own retries.
void Incoming::io_started(AccountId account) {
  std::set<ContactId> contacts;
  {
    base::Lock lock(mutex_);
    const auto found = refused_.find(account);
    if (found == refused_.end()) return;
    contacts = std::move(found->second);
    refused_.erase(found);
  }
  kernel::in_portions(
      core_, account, std::vector<ContactId>(contacts.begin(), contacts.end()), kHellosAtOnce,
      [this](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state,
             std::span<const ContactId> some) -> base::Result<> {
        for (const ContactId contact : some) {
          EDGE_TRY(const auto session, store::sending_session(scope, contact));
          if (!session) continue;
          EDGE_CHECK(outbox::queue_content({core_, tx, scope, state}, contact,
                                           Content{crypto::random_array<16>(), Hello{}}));
        }
        return {};
      },
      [](const base::Result<>&) {});
}

}  // namespace messaging::peering
