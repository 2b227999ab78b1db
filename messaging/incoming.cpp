#include "messaging/incoming.h"

#include "base/log.h"
#include "crypto/envelope.h"
#include "messaging/courier.h"
#include "messaging/handshakes.h"
#include "messaging/joining.h"
#include "messaging/progress.h"
#include "messaging/receiving.h"
#include "messaging/removal.h"
#include "messaging/renewal.h"
#include "messaging/session_link.h"
#include "store/tables/contacts.h"
#include "store/tables/envelopes.h"
#include "store/tables/sessions.h"

namespace messaging {

using base::Errc;
using base::fail;

struct Incoming::Opened {
  crypto::EnvelopeId id{};
  EnvelopeKind kind{};
  Tag tag{};
  crypto::WipingBytes body;
  base::Bytes sealed;  // kept for messages only: they may have to be parked
};

struct Incoming::Batch {
  store::DepositTokenRow token;
  std::vector<Opened> opened;
  std::vector<StoredPart> parts;
  std::optional<store::SealedBlobWriter> unsynced;  // their file
};

namespace {

// An invite's token admits join requests and nothing else, a group's introduction and a retired one
// session requests, a contact's everything but joins (decision 14).
bool admits(store::TokenPurpose purpose, EnvelopeKind kind) {
  switch (purpose) {
    case store::TokenPurpose::invite:
      return kind == EnvelopeKind::join_request;
    case store::TokenPurpose::contact:
      return kind != EnvelopeKind::join_request;
    case store::TokenPurpose::introduction:
    case store::TokenPurpose::retired:
      return kind == EnvelopeKind::session_request;
  }
  return false;
}

constexpr base::Millis kPauseWithoutRoom = 60'000;  // pending requests become old or are proven

base::BudgetRule an_hour(std::size_t most) {
  return {.per_second = static_cast<double>(most) / 3600, .burst = static_cast<double>(most)};
}

std::string name_of(AccountId account, const store::DepositTokenRow& token) {
  return std::to_string(account.value) + "/" + base::to_hex(token.key_id);
}

// Nobody tells us of a file that its sender gave up: of too many the oldest go.
base::Result<> begin_transfer(const WriteContext& write, const store::TransferRow& transfer) {
  EDGE_CHECK(store::insert_transfer(write.scope, transfer));
  EDGE_TRY(const auto surplus, store::older_transfers(write.scope, transfer, kMaxTransfers - 1));
  RemovedFiles files(write.core, write.account);
  for (const store::TransferRow& old : surplus) {
    EDGE_CHECK(store::delete_transfer(write.scope, old.id));
    files.add(old.name);
  }
  files.remove_after(write.tx);
  return {};
}

}  // namespace

// A known contact writes on a session that is not known here: it is ahead of us, or we of it.
base::Result<> Incoming::renew_unknown(const WriteContext& write,
                                       const store::DepositTokenRow& token, const Opened& opened) {
  if (opened.kind != EnvelopeKind::message || !token.contact) return {};
  EDGE_TRY(const auto session, store::find_session_by_tag(write.scope, opened.tag));
  return session ? base::Result<>{} : renew_unless_new(write, *token.contact);
}

Incoming::Incoming(Core& core)
    : core_(core),
      join_requests_(an_hour(kMaxJoinRequestsPerHour)),
      session_requests_(an_hour(kMaxIntroductionsPerHour)),
      relayed_requests_({an_hour(kMaxJoinRequestsPerHour).per_second,
                         static_cast<double>(kMaxRelayedRequestsAtOnce)}) {}

ArrivalReply Incoming::reply(ArrivalVerdict verdict) const {
  return {verdict, 0, core_.clock.now()};
}

void Incoming::accept(Arrival arrival, base::Completion<ArrivalReply> done) {
  const AccountPtr account = core_.directory.by_mailbox(arrival.mailbox);
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
  if ((*token)->purpose != store::TokenPurpose::contact) {
    if (arrival.body.size() > kMaxInviteDeposit) return done(reply(ArrivalVerdict::too_large));
    const auto refusal = judge_requests(read->scope(), **token, arrival.body);
    if (refusal) return done(*refusal);
  }
  take(account, **token, arrival, From::peer, std::move(done));
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

void Incoming::take(const AccountPtr& account, const store::DepositTokenRow& token,
                    const Arrival& arrival, From from, base::Completion<ArrivalReply> done) {
  auto opened = open_batch(arrival, account, token, from);
  if (!opened) return done(reply_to(opened.error()));
  const std::shared_ptr<Batch> batch = *std::move(opened);
  if (!batch->unsynced) return keep(account->id, batch, std::move(done));
  auto go_on = [this, id = account->id, batch,
                done = std::move(done)](base::Result<> synced) mutable {
    if (!synced) return done(reply_to(synced.error()));
    keep(id, batch, std::move(done));
  };
  store::SealedBlobWriter file = *std::exchange(batch->unsynced, std::nullopt);
  if (from == From::relay) return go_on(file.sync());
  part_sync_.add(std::move(file), std::move(go_on));
}

void Incoming::keep(AccountId account, const std::shared_ptr<Batch>& batch,
                    base::Completion<ArrivalReply> done) {
  core_.write<void>(
      account,
      [this, batch](store::Tx& tx, const store::Scope& scope, const AccountState& state) {
        return apply({core_, tx, scope, state}, *batch);
      },
      [this, batch, account, done = std::move(done)](base::Result<> result) mutable {
        begun_.committed(account, batch->parts);
        if (!result) {
          base::log::warning("account {}: what arrived could not be stored: {}", account.value,
                             result.error().message);
          return done(reply(result.error().code == Errc::exhausted ? ArrivalVerdict::full
                                                                   : ArrivalVerdict::unavailable));
        }
        done(reply(ArrivalVerdict::stored));
      });
}

// Envelopes of one key after the other make a deposit as they did at the relay. Their writes share
// commits and keep their order.
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
    take(*account, **token, arrival, From::relay, [round](const base::Result<ArrivalReply>& reply) {
      const bool later = !reply || reply->verdict == ArrivalVerdict::unavailable ||
                         reply->verdict == ArrivalVerdict::full;
      round->end(!later);
    });
  }
  round->end(true);
}

// What is over a bound is refused whole, so that whoever deposited it tries again later.
std::optional<ArrivalReply> Incoming::judge_requests(const store::Scope& scope,
                                                     const store::DepositTokenRow& token,
                                                     base::ByteView body) {
  const auto envelopes = split_body(body);
  if (!envelopes) return reply(ArrivalVerdict::malformed);
  const bool joins = token.purpose == store::TokenPurpose::invite;
  if (envelopes->size() > (joins ? kMaxJoinRequestsPerHour : kMaxIntroductionsPerHour)) {
    return reply(ArrivalVerdict::too_large);
  }
  ArrivalReply refusal = reply(ArrivalVerdict::too_many);
  if (token.purpose != store::TokenPurpose::retired) {
    const auto room = has_room(scope, joins ? store::JoinRole::inviter : store::JoinRole::responder,
                               token.owner_id, core_.steady->now());
    if (!room) return reply(ArrivalVerdict::unavailable);
    if (!*room) {
      refusal.retry_after = kPauseWithoutRoom;
      return refusal;
    }
  }
  base::Lock lock(mutex_);
  auto& budget = joins ? join_requests_ : session_requests_;
  refusal.retry_after = budget.take(name_of(scope.account, token), core_.clock.uptime(),
                                    static_cast<double>(envelopes->size()));
  if (refusal.retry_after == 0) return std::nullopt;
  return refusal;
}

// What is refused would stay at the relay, before what others sent.
void Incoming::drop_surplus(AccountId account, const store::DepositTokenRow& token,
                            std::vector<base::Bytes>& requests) {
  base::Lock lock(mutex_);
  std::size_t kept = 0;
  while (kept < requests.size() &&
         relayed_requests_.take(name_of(account, token), core_.clock.uptime()) == 0) {
    ++kept;
  }
  counters_.unopened += requests.size() - kept;
  requests.resize(kept);
}

base::Result<std::shared_ptr<Incoming::Batch>> Incoming::open_batch(
    const Arrival& arrival, const AccountPtr& account, const store::DepositTokenRow& token,
    From from) {
  EDGE_TRY(const auto envelopes, split_body(arrival.body));
  auto batch = std::make_shared<Batch>();
  batch->token = token;
  ArrivingParts parts(core_, begun_, account);
  crypto::WipingBytes scratch;  // a part is written from where it was opened
  for (const base::ByteView envelope : envelopes) {
    const auto inside = crypto::open_envelope_into(scratch, account->identity, envelope);
    if (!inside) {
      ++counters_.unopened;
      continue;
    }
    const auto kind = static_cast<EnvelopeKind>(inside->kind);
    // A contact that still uses a retired token has to learn so: it went back to an older copy.
    if (token.purpose == store::TokenPurpose::retired && !admits(token.purpose, kind)) {
      return fail(Errc::forbidden, "a retired token admits session requests only");
    }
    if (!admits(token.purpose, kind)) {
      ++counters_.unopened;
      continue;
    }
    if (kind == EnvelopeKind::part) {
      const auto written = parts.write(inside->tag, inside->body);
      if (!written) {
        if (from == From::peer || written.error().code != Errc::exhausted) return written.error();
        tell_dropped(account->id, written.error());
      }
      if (!written || !*written) ++counters_.unopened;
      continue;
    }
    Opened opened{crypto::envelope_id(envelope),
                  kind,
                  inside->tag,
                  {inside->body.begin(), inside->body.end()},
                  {}};
    if (kind == EnvelopeKind::message) opened.sealed = base::to_bytes(envelope);
    batch->opened.push_back(std::move(opened));
  }
  batch->parts = parts.take();
  batch->unsynced = parts.unsynced();
  return batch;
}

// Once a minute: a file has thousands of parts.
void Incoming::tell_dropped(AccountId account, const base::Error& why) {
  {
    base::Lock lock(mutex_);
    const base::Millis now = core_.clock.uptime();
    if (told_dropped_ && now - *told_dropped_ < 60'000) return;
    told_dropped_ = now;
  }
  base::log::warning(
      "account {}: parts of files from the relay are dropped, and come again later: {}",
      account.value, why.message);
}

base::Result<> Incoming::apply(const WriteContext& write, const Batch& batch) {
  for (const StoredPart& part : batch.parts) {
    EDGE_TRY(const auto known, store::find_transfer(write.scope, part.transfer.id));
    if (!known && !part.first) continue;  // the file became whole, or was given up, meanwhile
    if (!known) EDGE_CHECK(begin_transfer(write, part.transfer));
    if (known && known->name != part.transfer.name) {
      return fail(Errc::unavailable, "a file was begun twice at once; its parts come again");
    }
    EDGE_TRY(const std::uint32_t before, store::parts_end(write.scope, part.transfer.id));
    EDGE_CHECK(store::note_part(write.scope, part.transfer.id, part.index));
    // Several deposits are under way at once: parts come in about the order of the file.
    EDGE_CHECK(tell_progress(write, before, part.index + 1, part_count(part.transfer.size)));
  }
  for (const Opened& opened : batch.opened) {
    if (opened.kind == EnvelopeKind::join_request || opened.kind == EnvelopeKind::session_request) {
      EDGE_CHECK(apply_request(write, opened, batch.token));
    } else {
      EDGE_CHECK(renew_unknown(write, batch.token, opened));
      EDGE_CHECK(apply_one(write, opened, false));
    }
  }
  return note_token(write, batch);
}

// The first use of a contact's token retires those it had before.
base::Result<> Incoming::note_token(const WriteContext& write, const Batch& batch) {
  if (batch.token.purpose != store::TokenPurpose::contact || batch.token.used) return {};
  std::optional<ContactId> contact = batch.token.contact;
  for (const Opened& opened : batch.opened) {
    if (contact) break;
    if (opened.kind != EnvelopeKind::message) continue;
    EDGE_TRY(const auto session, store::find_session_by_tag(write.scope, opened.tag));
    if (session) contact = session->contact;
  }
  return contact ? store::use_deposit_token(write.scope, batch.token, *contact) : base::Result<>{};
}

// Requests are told apart from repetitions by their digest: the answer may have to be sent again.
base::Result<> Incoming::apply_request(const WriteContext& write, const Opened& opened,
                                       const store::DepositTokenRow& token) {
  EDGE_TRY(const bool answered, opened.kind == EnvelopeKind::join_request
                                    ? answer_request(write, token.owner_id, opened.body)
                                    : answer_session_request(write, token, opened.body));
  ++(answered ? counters_.accepted : counters_.unopened);
  return {};
}

base::Result<> Incoming::apply_one(const WriteContext& write, const Opened& opened,
                                   bool from_parked) {
  EDGE_TRY(const auto seen, store::find_seen_envelope(write.scope, opened.id));
  if (seen) {
    ++counters_.repeated;
    // The sender has not heard of our acknowledgement, or it would not send again.
    return seen->contact ? acknowledge(write, *seen->contact, seen->uuid) : base::Result<>{};
  }
  switch (opened.kind) {
    case EnvelopeKind::join_answer:
    case EnvelopeKind::session_answer: {
      EDGE_TRY(const bool taken, opened.kind == EnvelopeKind::join_answer
                                     ? complete_answer(write, opened.tag, opened.body)
                                     : complete_session_answer(write, opened.tag, opened.body));
      if (!taken) {
        ++counters_.unopened;
        return {};
      }
      ++counters_.accepted;
      EDGE_CHECK(store::note_envelope(write.scope, opened.id, write.steady(), {}));
      return retry_parked(write);
    }
    case EnvelopeKind::message:
      return apply_message(write, opened, from_parked);
    default:
      ++counters_.unopened;
      return {};
  }
}

base::Result<> Incoming::apply_message(const WriteContext& write, const Opened& opened,
                                       bool from_parked) {
  EDGE_TRY(auto session, store::find_session_by_tag(write.scope, opened.tag));
  if (!session) {
    if (from_parked) return {};
    ++counters_.parked;
    return store::park_envelope(write.scope, {opened.id, opened.sealed}, write.steady(),
                                kMaxParked);
  }
  if (from_parked) EDGE_CHECK(store::unpark_envelope(write.scope, opened.id));
  // A step that must not stay when the content cannot be taken yet is kept on a copy of the row.
  EDGE_TRY(const Reception reception, receive_message(write, *session, opened.body));
  switch (reception.outcome) {
    case Reception::Outcome::unopened:
      ++counters_.unopened;
      return {};
    case Reception::Outcome::not_yet:
      return {};  // nothing noted: the sender's repetition will be taken
    case Reception::Outcome::taken:
      break;
  }
  ++counters_.accepted;
  EDGE_CHECK(store::note_envelope(write.scope, opened.id, write.steady(), reception.seen));
  return reception.session_began ? retry_parked(write) : base::Result<>{};
}

base::Result<> Incoming::retry_parked(const WriteContext& write) {
  EDGE_CHECK(store::drop_parked_envelopes(write.scope, write.steady() - kParkedLifetime));
  EDGE_TRY(const auto parked, store::parked_envelopes(write.scope));
  for (const store::ParkedEnvelope& one : parked) {
    auto inside = crypto::open_envelope(write.account.identity, one.envelope);
    if (!inside) {
      EDGE_CHECK(store::unpark_envelope(write.scope, one.id));
      continue;
    }
    Opened opened{one.id, static_cast<EnvelopeKind>(inside->kind), inside->tag,
                  std::move(inside->body), one.envelope};
    EDGE_CHECK(apply_one(write, opened, true));
  }
  return {};
}

}  // namespace messaging
