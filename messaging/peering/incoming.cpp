#include "messaging/peering/incoming.h"

#include <chrono>

#include "base/log.h"
#include "crypto/envelope.h"
#include "crypto/random.h"
#include "messaging/files/removal.h"
#include "messaging/kernel/portions.h"
#include "messaging/kernel/progress.h"
#include "messaging/model/file_part.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/peering/handshakes.h"
#include "messaging/peering/joining.h"
#include "messaging/peering/receiving.h"
#include "messaging/peering/renewal.h"
#include "store/tables/contacts.h"
#include "store/tables/envelopes.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

using base::Errc;
using base::fail;

namespace {

// A slice ends after one of these.
constexpr std::size_t kSliceEnvelopes = 16;
constexpr std::size_t kSliceBytes = 512 * 1024;

constexpr std::size_t kParkedAtOnce = 4;  // read together; of a mebibyte each
constexpr std::size_t kTagsAtOnce = 64;
constexpr base::Millis kPauseWhileStopped = 10'000;

std::string account_name(AccountId account) { return std::to_string(account.value) + "/"; }

// Deliveries of one contact keep their order and share their turns, whichever of its tokens they
// come with.
std::string party_of(AccountId account, const store::DepositTokenRow& token) {
  if (token.contact) return account_name(account) + std::to_string(token.contact->value);
  return account_name(account) + base::to_hex(token.key_id);
}

// By whom parked envelopes are counted.
std::int64_t source_of(const store::DepositTokenRow& token) {
  return token.contact ? std::int64_t{token.contact->value} : -token.owner_id;
}

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
base::Result<> begin_transfer(const kernel::WriteContext& write,
                              const store::TransferRow& transfer) {
  EDGE_CHECK(store::insert_transfer(write.scope, transfer));
  EDGE_TRY(const auto surplus, store::older_transfers(write.scope, transfer, kMaxTransfers - 1));
  files::RemovedFiles files(write.core, write.account);
  for (const store::TransferRow& old : surplus) {
    EDGE_CHECK(store::delete_transfer(write.scope, old.id));
    files.add(old.name);
  }
  files.remove_after(write.tx);
  return {};
}

}  // namespace

// A known contact writes on a session that is not known here: it is ahead of us, or we of it.
base::Result<> Incoming::renew_unknown(const kernel::WriteContext& write,
                                       const store::DepositTokenRow& token,
                                       const OpenedEnvelope& opened) {
  if (opened.kind != EnvelopeKind::message || !token.contact) return {};
  EDGE_TRY(const auto session, store::find_session_by_tag(write.scope, opened.tag));
  return session ? base::Result<>{} : renew_unless_new(write, *token.contact);
}

Incoming::Incoming(kernel::Core& core)
    : core_(core),
      arrivals_(
          core,
          [this](const kernel::WriteContext& write, Delivery& delivery,
                 std::chrono::microseconds time) { return apply_slice(write, delivery, time); }),
      join_requests_(an_hour(kMaxJoinRequestsPerHour)),
      session_requests_(an_hour(kMaxIntroductionsPerHour)),
      relayed_requests_({an_hour(kMaxJoinRequestsPerHour).per_second,
                         static_cast<double>(kMaxRelayedRequestsAtOnce)}) {}

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
      came_in_vain_[account->id].insert(*(*token)->contact);
    }
    return done(reply(ArrivalVerdict::unavailable, kPauseWhileStopped));
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

void Incoming::take(const kernel::AccountPtr& account, const store::DepositTokenRow& token,
                    const Arrival& arrival, From from, base::Completion<ArrivalReply> done) {
  auto opened = open_delivery(arrival, account, token, from);
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
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_CHECK(apply_parts(write, *delivery));
        EDGE_CHECK(note_token(write, *delivery));
        return Delivery::End{true, 0};
      },
      std::move(answered));
}

// Envelopes of one key after the other make a delivery as they made a deposit at the relay.
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
    take(*account, **token, arrival, From::relay, [round](const base::Result<ArrivalReply>& reply) {
      const bool later = !reply || reply->verdict == ArrivalVerdict::unavailable ||
                         reply->verdict == ArrivalVerdict::too_many ||
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
  counters_.surplus += requests.size() - kept;
  requests.resize(kept);
}

// Whether a request for a session is read at all; one that is repeated is answered without it.
bool Incoming::may_read_request(AccountId account, const store::DepositTokenRow& token) {
  const bool introduced = token.purpose == store::TokenPurpose::introduction;
  const std::string name =
      introduced ? account_name(account) + base::to_hex(token.key_id) : party_of(account, token);
  base::Lock lock(mutex_);
  if ((introduced ? introductions_ : requests_).take(name, core_.clock.uptime()) == 0) return true;
  ++counters_.unread;
  return false;
}

base::Result<DeliveryPtr> Incoming::open_delivery(const Arrival& arrival,
                                                  const kernel::AccountPtr& account,
                                                  const store::DepositTokenRow& token, From from) {
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
    OpenedEnvelope opened;
    opened.id = crypto::envelope_id(envelope);
    opened.kind = kind;
    opened.tag = inside->tag;
    opened.body.assign(inside->body.begin(), inside->body.end());
    if (kind == EnvelopeKind::message) opened.sealed = base::to_bytes(envelope);
    if (kind == EnvelopeKind::session_request && may_read_request(account->id, token)) {
      opened.request = open_session_request(*account, token, opened.body);
    }
    delivery->bytes += opened.body.size() + opened.sealed.size();
    delivery->envelopes.push_back(std::move(opened));
  }
  delivery->parts = parts.take();
  delivery->unsynced = parts.unsynced();
  return delivery;
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

base::Result<> Incoming::apply_parts(const kernel::WriteContext& write, const Delivery& delivery) {
  for (const StoredPart& part : delivery.parts) {
    EDGE_TRY(const auto known, store::find_transfer(write.scope, part.transfer.id));
    if (!known && !part.first) continue;  // the file became whole, or was given up, meanwhile
    if (!known) EDGE_CHECK(begin_transfer(write, part.transfer));
    if (known && known->name != part.transfer.name) {
      return fail(Errc::unavailable, "a file was begun twice at once; its parts come again");
    }
    EDGE_TRY(const std::uint32_t before, store::parts_end(write.scope, part.transfer.id));
    EDGE_CHECK(store::note_part(write.scope, part.transfer.id, part.index));
    // Several deposits are under way at once: parts come in about the order of the file.
    EDGE_CHECK(
        kernel::tell_progress(write, before, part.index + 1, part_count(part.transfer.size)));
  }
  return {};
}

base::Result<SliceEnd> Incoming::apply_slice(const kernel::WriteContext& write, Delivery& delivery,
                                             std::chrono::microseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  delivery.begin_slice();
  if (!std::exchange(delivery.parts_noted, true)) EDGE_CHECK(apply_parts(write, delivery));
  std::size_t bytes = 0;
  for (std::size_t count = 0; delivery.at < delivery.envelopes.size(); ++count) {
    if (delivery.drop) {  // alone in its slice, or another that fails would bring it back
      EDGE_CHECK(drop_unreadable(write, delivery));
      return SliceEnd{SliceEnd::Kind::more, 0};
    }
    if (count == (delivery.singly ? 1 : kSliceEnvelopes) || bytes > kSliceBytes ||
        (count > 0 && std::chrono::steady_clock::now() > until)) {
      return SliceEnd{SliceEnd::Kind::more, 0};
    }
    bytes += delivery.envelopes[delivery.at].body.size();
    EDGE_TRY(const AppliedOne one, apply_one(write, delivery));
    switch (one.how) {
      case Applied::done:
        delivery.next();
        break;
      case Applied::partly:
        return SliceEnd{SliceEnd::Kind::more, 0};
      case Applied::walk:
        return SliceEnd{SliceEnd::Kind::walk, 0};
      case Applied::later:
        if (delivery.from != From::relay) return SliceEnd{SliceEnd::Kind::later, one.later};
        // It is tried again from where it is parked, or its sender repeats it.
        ++counters_.later;
        EDGE_CHECK(park(write, delivery));
        delivery.next();
        break;
    }
  }
  EDGE_CHECK(note_token(write, delivery));
  return SliceEnd{SliceEnd::Kind::finished, 0};
}

// It is not acknowledged end to end, so that its sender learns in time that it did not arrive.
base::Result<> Incoming::drop_unreadable(const kernel::WriteContext& write, Delivery& delivery) {
  const OpenedEnvelope& opened = delivery.envelopes[delivery.at];
  base::log::error("account {}: what arrived needs a record that does not open; it is dropped",
                   write.account.id.value);
  ++counters_.unopened;
  EDGE_CHECK(store::note_envelope(write.scope, opened.id, write.steady(), {}));
  EDGE_CHECK(store::unpark_envelope(write.scope, opened.id));
  delivery.drop = false;
  delivery.next();
  return {};
}

// The first use of a contact's token retires those it had before.
base::Result<> Incoming::note_token(const kernel::WriteContext& write, const Delivery& delivery) {
  if (delivery.token.purpose != store::TokenPurpose::contact || delivery.token.used ||
      delivery.from == From::parked) {
    return {};
  }
  const auto contact = delivery.token.contact ? delivery.token.contact : delivery.came_from;
  return contact ? store::use_deposit_token(write.scope, delivery.token, *contact)
                 : base::Result<>{};
}

// Requests are told apart from repetitions by their digest: the answer may have to be sent again.
base::Result<> Incoming::apply_request(const kernel::WriteContext& write, OpenedEnvelope& opened,
                                       const store::DepositTokenRow& token) {
  EDGE_TRY(const bool answered,
           opened.kind == EnvelopeKind::join_request
               ? answer_request(write, token.owner_id, opened.body)
               : answer_session_request(write, token, opened.body, std::move(opened.request)));
  ++(answered ? counters_.accepted : counters_.unopened);
  return {};
}

base::Result<Incoming::AppliedOne> Incoming::apply_one(const kernel::WriteContext& write,
                                                       Delivery& delivery) {
  OpenedEnvelope& opened = delivery.envelopes[delivery.at];
  const bool parked = delivery.from == From::parked;
  if (!opened.opens) {
    ++counters_.unopened;
    EDGE_CHECK(store::unpark_envelope(write.scope, opened.id));
    return AppliedOne{};
  }
  if (opened.kind == EnvelopeKind::join_request || opened.kind == EnvelopeKind::session_request) {
    EDGE_CHECK(apply_request(write, opened, delivery.token));
    return AppliedOne{};
  }
  if (!parked) EDGE_CHECK(renew_unknown(write, delivery.token, opened));
  EDGE_TRY(const auto seen, store::find_seen_envelope(write.scope, opened.id));
  if (seen) {
    ++counters_.repeated;
    if (parked) EDGE_CHECK(store::unpark_envelope(write.scope, opened.id));
    // The sender has not heard of our acknowledgement, or it would not send again.
    if (seen->contact) EDGE_CHECK(outbox::acknowledge(write, *seen->contact, seen->uuid));
    return AppliedOne{};
  }
  switch (opened.kind) {
    case EnvelopeKind::join_answer:
    case EnvelopeKind::session_answer:
      return apply_answer(write, delivery);
    case EnvelopeKind::message:
      return apply_message(write, delivery);
    default:
      ++counters_.unopened;
      return AppliedOne{};
  }
}

base::Result<Incoming::AppliedOne> Incoming::apply_answer(const kernel::WriteContext& write,
                                                          Delivery& delivery) {
  const OpenedEnvelope& opened = delivery.envelopes[delivery.at];
  {
    base::Lock lock(mutex_);
    const base::Millis wait = answers_.take(delivery.party, core_.clock.uptime());
    if (wait > 0) return AppliedOne{Applied::later, wait};
  }
  EDGE_TRY(const bool taken, opened.kind == EnvelopeKind::join_answer
                                 ? complete_answer(write, opened.tag, opened.body)
                                 : complete_session_answer(write, opened.tag, opened.body));
  if (!taken) {
    ++counters_.unopened;
    return AppliedOne{};
  }
  ++counters_.accepted;
  EDGE_CHECK(store::note_envelope(write.scope, opened.id, write.steady(), {}));
  retry_after_commit(write, opened.tag);
  return AppliedOne{};
}

base::Result<Incoming::AppliedOne> Incoming::apply_message(const kernel::WriteContext& write,
                                                           Delivery& delivery) {
  const OpenedEnvelope& opened = delivery.envelopes[delivery.at];
  const bool parked = delivery.from == From::parked;
  EDGE_TRY(auto session, store::find_session_by_tag(write.scope, opened.tag));
  if (!session) {
    if (!parked) {
      const base::Millis wait =
          core_.parking.take(write.account.id, delivery.token.contact.value_or(ContactId()),
                             static_cast<double>(opened.sealed.size()));
      if (wait == 0) {
        ++counters_.parked;
        EDGE_CHECK(park(write, delivery));
      } else if (delivery.from != From::relay) {
        return AppliedOne{Applied::later, wait};
      }  // what came by a relay is not kept: its sender repeats it
    } else {
      EDGE_CHECK(store::set_parked_tag(write.scope, opened.id, opened.tag));
    }
    return AppliedOne{};
  }
  const ReceptionMeans means{delivery.walks, delivery.taken};
  // A step that must not stay when the content cannot be taken yet is kept on a copy of the row.
  EDGE_TRY(Reception reception, receive_message(write, *session, opened.body, means));
  counters_.steps_in_writes += reception.steps;
  switch (reception.outcome) {
    case Reception::Outcome::walk:
      delivery.walks = std::move(reception.walks);
      return AppliedOne{Applied::walk, 0};
    case Reception::Outcome::later:
      return AppliedOne{Applied::later, reception.later};
    case Reception::Outcome::partly:
      delivery.taken = reception.taken;
      return AppliedOne{Applied::partly, 0};
    case Reception::Outcome::unopened:
      ++counters_.unopened;
      break;
    case Reception::Outcome::not_yet:
      break;  // nothing noted: the sender's repetition will be taken
    case Reception::Outcome::taken:
      ++counters_.accepted;
      EDGE_CHECK(store::note_envelope(write.scope, opened.id, write.steady(), reception.seen));
      if (reception.session_began) retry_after_commit(write, opened.tag);
      break;
  }
  if (parked) EDGE_CHECK(store::unpark_envelope(write.scope, opened.id));
  if (!delivery.came_from) delivery.came_from = session->contact;
  return AppliedOne{};
}

base::Result<> Incoming::park(const kernel::WriteContext& write, const Delivery& delivery) {
  const OpenedEnvelope& opened = delivery.envelopes[delivery.at];
  if (opened.kind != EnvelopeKind::message) return {};
  return store::park_envelope(write.scope,
                              {.id = opened.id,
                               .tag = opened.tag,
                               .source = source_of(delivery.token),
                               .envelope = opened.sealed},
                              write.steady());
}

// ---- parked envelopes --------------------------------------------------------------------------

void Incoming::retry_after_commit(const kernel::WriteContext& write, const Tag& tag) {
  write.tx.on_commit([this, account = write.account.id, tag] { retry_parked(account, tag); });
}

void Incoming::retry_parked(AccountId account) {
  auto read = core_.read(account);
  if (!read) return;
  const auto tags = store::parked_tags_with_session(read->scope(), kTagsAtOnce);
  if (!tags) return;
  for (const Tag& tag : *tags) retry_parked(account, tag);
}

void Incoming::retry_parked(AccountId account, const Tag& tag) {
  {
    base::Lock lock(mutex_);
    if (!retrying_.insert({account, tag}).second) return;
  }
  load_parked(account, tag, 0);
}

void Incoming::parked_tried(AccountId account, const Tag& tag) {
  base::Lock lock(mutex_);
  retrying_.erase({account, tag});
}

// Some after the other, so that little of it is in memory at once; opened beside the writer.
void Incoming::load_parked(AccountId account, const Tag& tag, std::int64_t after) {
  arrivals_.side().add(account_name(account) + base::to_hex(tag), [this, account, tag, after] {
    auto loaded = parked_delivery(account, tag, after);
    if (!loaded || !loaded->delivery) {
      parked_tried(account, tag);
      return true;
    }
    loaded->delivery->done = [this, account, tag, more = loaded->more,
                              last = loaded->last](const base::Result<Delivery::End>& end) {
      if (!end || !end->stored || !more) return parked_tried(account, tag);
      load_parked(account, tag, last);
    };
    arrivals_.add(std::move(loaded->delivery));
    return true;
  });
}

base::Result<Incoming::LoadedParked> Incoming::parked_delivery(AccountId account, const Tag& tag,
                                                               std::int64_t after) {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const auto rows, store::parked_with_tag(read.scope(), tag, after, kParkedAtOnce));
  if (rows.empty()) return LoadedParked{};
  EDGE_TRY(const auto session, store::find_session_by_tag(read.scope(), tag));
  LoadedParked loaded{std::make_shared<Delivery>(), rows.size() == kParkedAtOnce, rows.back().seq};
  Delivery& delivery = *loaded.delivery;
  delivery.account = account;
  delivery.from = From::parked;
  if (session) delivery.token.contact = session->contact;
  delivery.party = party_of(account, delivery.token);
  for (const store::ParkedEnvelope& row : rows) {
    OpenedEnvelope opened;
    opened.id = row.id;
    auto inside = crypto::open_envelope(read.account->identity, row.envelope);
    opened.opens = inside.ok() && static_cast<EnvelopeKind>(inside->kind) == EnvelopeKind::message;
    if (opened.opens) {
      opened.kind = EnvelopeKind::message;
      opened.tag = inside->tag;
      opened.body = std::move(inside->body);
    }
    delivery.bytes += opened.body.size();
    delivery.envelopes.push_back(std::move(opened));
  }
  return loaded;
}

// What waits at these contacts comes when they hear of us, sooner than by their own retries.
void Incoming::io_started(AccountId account) {
  std::set<ContactId> contacts;
  {
    base::Lock lock(mutex_);
    const auto found = came_in_vain_.find(account);
    if (found == came_in_vain_.end()) return;
    contacts = std::move(found->second);
    came_in_vain_.erase(found);
  }
  kernel::in_portions(
      core_, account, std::vector<ContactId>(contacts.begin(), contacts.end()), kTagsAtOnce,
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
