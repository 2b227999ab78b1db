#include "messaging/peering/delivery_applier.h"

#include <utility>

#include "base/log.h"
#include "messaging/files/removal.h"
#include "messaging/kernel/progress.h"
#include "messaging/model/file_part.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/peering/joining.h"
#include "messaging/peering/receiving.h"
#include "messaging/peering/renewal.h"
#include "store/tables/envelopes.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

namespace {

// A slice ends after one of these.
constexpr std::size_t kSliceEnvelopes = 16;
constexpr std::size_t kSliceBytes = 512 * 1024;

// The party whose share of the parked envelopes this token's count toward.
std::int64_t source_of(const store::DepositTokenRow& token) {
  return token.contact ? std::int64_t{token.contact->value} : -token.owner_id;
}

// No peer reports a file that its sender gave up: over kMaxTransfers the oldest are evicted.
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

bool is_request(const OpenedEnvelope& opened) {
  return opened.kind == EnvelopeKind::join_request || opened.kind == EnvelopeKind::session_request;
}

// A known contact writes on a session that is unknown here: one side's store is an older copy.
base::Result<> renew_unknown(const kernel::WriteContext& write, const store::DepositTokenRow& token,
                             const OpenedEnvelope& opened) {
  if (opened.kind != EnvelopeKind::message || !token.contact) return {};
  EDGE_TRY(const auto session, store::find_session_by_tag(write.scope, opened.tag));
  return session ? base::Result<>{} : renew_unless_new(write, *token.contact);
}

base::Result<> apply_parts(const kernel::WriteContext& write, const Delivery& delivery) {
  for (const StoredPart& part : delivery.parts) {
    EDGE_TRY(const auto known, store::find_transfer(write.scope, part.transfer.id));
    if (!known && !part.first) continue;  // the file became whole, or was given up, meanwhile
    if (!known) EDGE_CHECK(begin_transfer(write, part.transfer));
    if (known && known->name != part.transfer.name) {
      return base::fail(base::Errc::unavailable,
                        "a file was begun twice at once; its parts come again");
    }
    EDGE_TRY(const std::uint32_t before, store::parts_end(write.scope, part.transfer.id));
    EDGE_CHECK(store::note_part(write.scope, part.transfer.id, part.index));
    // Several deposits are under way at once: parts come in about the order of the file.
    EDGE_CHECK(
        kernel::emit_progress(write, before, part.index + 1, part_count(part.transfer.size)));
  }
  return {};
}

// The first use of a contact's token retires those it had before.
base::Result<> note_token(const kernel::WriteContext& write, const Delivery& delivery) {
  if (delivery.token.purpose != store::TokenPurpose::contact || delivery.token.used ||
      delivery.from == Delivery::From::parked) {
    return {};
  }
  const auto contact = delivery.token.contact ? delivery.token.contact : delivery.came_from;
  return contact ? store::use_deposit_token(write.scope, delivery.token, *contact)
                 : base::Result<>{};
}

base::Result<> park(const kernel::WriteContext& write, const Delivery& delivery) {
  const OpenedEnvelope& opened = delivery.envelopes[delivery.at];
  if (opened.kind != EnvelopeKind::message) return {};
  return store::park_envelope(write.scope,
                              {.id = opened.id,
                               .tag = opened.tag,
                               .source = source_of(delivery.token),
                               .envelope = opened.sealed},
                              write.steady());
}

}  // namespace

base::Result<SliceEnd> DeliveryApplier::apply_slice(const kernel::WriteContext& write,
                                                    Delivery& delivery,
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
    // What was opened of a request is used up: undone with another's failure it would be lost.
    const bool request = is_request(delivery.envelopes[delivery.at]);
    if (request && count > 0) return SliceEnd{SliceEnd::Kind::more, 0};
    const bool singly = std::exchange(delivery.singly, delivery.singly || request);
    if (count == (delivery.singly ? 1 : kSliceEnvelopes) || bytes > kSliceBytes ||
        (count > 0 && std::chrono::steady_clock::now() > until)) {
      return SliceEnd{SliceEnd::Kind::more, 0};
    }
    bytes += delivery.envelopes[delivery.at].body.size();
    EDGE_TRY(const AppliedOne one, apply_one(write, delivery));
    switch (one.how) {
      case Applied::done:
        delivery.next();
        delivery.singly = singly;
        if (request && delivery.at < delivery.envelopes.size()) {
          return SliceEnd{SliceEnd::Kind::more, 0};
        }
        break;
      case Applied::partly:
        return SliceEnd{SliceEnd::Kind::more, 0};
      case Applied::walk:
        return SliceEnd{SliceEnd::Kind::walk, 0};
      case Applied::later:
        if (delivery.from != Delivery::From::relay)
          return SliceEnd{SliceEnd::Kind::later, one.later};
        // A message is parked and retried from there; any other envelope is repeated by its sender.
        ++counters_.later;
        EDGE_CHECK(park(write, delivery));
        delivery.next();
        break;
    }
  }
  EDGE_CHECK(note_token(write, delivery));
  return SliceEnd{SliceEnd::Kind::finished, 0};
}

// Without a receipt end to end its sender learns in time that the message did not arrive.
base::Result<> DeliveryApplier::drop_unreadable(const kernel::WriteContext& write,
                                                Delivery& delivery) {
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

base::Result<> DeliveryApplier::apply_parts_alone(const kernel::WriteContext& write,
                                                  const Delivery& delivery) {
  EDGE_CHECK(apply_parts(write, delivery));
  return note_token(write, delivery);
}

// A repeated request is recognised by its digest, not by its id: the answer may have to be sent
// again.
base::Result<> DeliveryApplier::apply_request(const kernel::WriteContext& write,
                                              OpenedEnvelope& opened,
                                              const store::DepositTokenRow& token) {
  EDGE_TRY(const bool answered,
           opened.kind == EnvelopeKind::join_request
               ? answer_request(write, token.owner_id, opened.body, opened.join)
               : answer_session_request(write, token, opened.body, opened.request));
  ++(answered ? counters_.accepted : counters_.unopened);
  return {};
}

base::Result<DeliveryApplier::AppliedOne> DeliveryApplier::apply_one(
    const kernel::WriteContext& write, Delivery& delivery) {
  OpenedEnvelope& opened = delivery.envelopes[delivery.at];
  const bool parked = delivery.from == Delivery::From::parked;
  if (!opened.opens) {
    ++counters_.unopened;
    EDGE_CHECK(store::unpark_envelope(write.scope, opened.id));
    return AppliedOne{};
  }
  if (is_request(opened)) {
    EDGE_CHECK(apply_request(write, opened, delivery.token));
    return AppliedOne{};
  }
  if (!parked) EDGE_CHECK(renew_unknown(write, delivery.token, opened));
  EDGE_TRY(const auto seen, store::find_seen_envelope(write.scope, opened.id));
  if (seen) {
    ++counters_.repeated;
    if (parked) EDGE_CHECK(store::unpark_envelope(write.scope, opened.id));
    // The sender repeats the message because our acknowledgement has not reached it.
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

base::Result<DeliveryApplier::AppliedOne> DeliveryApplier::apply_answer(
    const kernel::WriteContext& write, Delivery& delivery) {
  const OpenedEnvelope& opened = delivery.envelopes[delivery.at];
  if (opened.later > 0) return AppliedOne{Applied::later, opened.later};
  EDGE_TRY(const bool taken, opened.kind == EnvelopeKind::join_answer
                                 ? complete_answer(write, opened.tag, opened.answer)
                                 : complete_session_answer(write, opened.tag, opened.answer));
  if (!taken) {
    ++counters_.unopened;
    return AppliedOne{};
  }
  ++counters_.accepted;
  EDGE_CHECK(store::note_envelope(write.scope, opened.id, write.steady(), {}));
  retry_after_commit(write, opened.tag);
  return AppliedOne{};
}

void DeliveryApplier::retry_after_commit(const kernel::WriteContext& write, const Tag& tag) {
  write.tx.on_commit([this, account = write.account.id, tag] { session_known_(account, tag); });
}

// A message whose session is not known yet.
base::Result<DeliveryApplier::AppliedOne> DeliveryApplier::park_or_defer(
    const kernel::WriteContext& write, Delivery& delivery) {
  const OpenedEnvelope& opened = delivery.envelopes[delivery.at];
  if (delivery.from == Delivery::From::parked) {
    EDGE_CHECK(store::set_parked_tag(write.scope, opened.id, opened.tag));
    return AppliedOne{};
  }
  const base::Millis wait =
      core_.parking.take(write.account.id, delivery.token.contact.value_or(ContactId()),
                         static_cast<double>(opened.sealed.size()));
  if (wait == 0) {
    ++counters_.parked;
    EDGE_CHECK(park(write, delivery));
  } else if (delivery.from != Delivery::From::relay) {
    return AppliedOne{Applied::later, wait};
  }  // over the budget, an envelope from a relay is dropped: its sender repeats it
  return AppliedOne{};
}

base::Result<DeliveryApplier::AppliedOne> DeliveryApplier::apply_message(
    const kernel::WriteContext& write, Delivery& delivery) {
  const OpenedEnvelope& opened = delivery.envelopes[delivery.at];
  const bool parked = delivery.from == Delivery::From::parked;
  EDGE_TRY(auto session, store::find_session_by_tag(write.scope, opened.tag));
  if (!session) return park_or_defer(write, delivery);
  const ReceptionMeans means{delivery.walks, delivery.taken};
  // The ratchet steps on a copy of the row, which is dropped when the content cannot be applied
  // yet.
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

}  // namespace messaging::peering
