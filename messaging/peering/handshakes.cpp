#include "messaging/peering/handshakes.h"

#include <algorithm>

#include "messaging/chats/contact_keys.h"
#include "messaging/chats/requests.h"
#include "messaging/kernel/core.h"
#include "messaging/model/plain_name.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/peering/envelope_kind.h"
#include "messaging/peering/profile.h"
#include "messaging/peering/reach.h"
#include "messaging/peering/renewal_state.h"
#include "messaging/peering/restored_sessions.h"
#include "store/tables/deposit_tokens.h"
#include "store/tables/envelopes.h"
#include "store/tables/routes.h"

namespace messaging::peering {
namespace {

using store::JoinRole;
using store::PendingJoinRow;

// Evicts the oldest request of the same invite when there are too many, unless all are fresh: a
// flood of requests evicts no earlier requester.
base::Result<bool> make_room(const kernel::WriteContext& write, JoinRole role,
                             std::int64_t invite_id) {
  if (invite_id == 0) return true;  // a contact has at most one
  EDGE_TRY(const auto pending, store::count_pending_joins_of(write.scope, role, invite_id));
  if (pending.count < kMaxPendingAnswers) return true;
  if (write.steady() - pending.oldest_at < kFresh) return false;
  EDGE_TRY(const auto oldest, store::find_pending_join(write.scope, pending.oldest));
  if (oldest) EDGE_CHECK(forget_asker(write, *oldest));
  return true;
}

// The way to the requester; marked as reached if its URLs were reached before.
base::Result<store::RouteWay> way_to(const kernel::WriteContext& write, const Question& question) {
  store::RouteWay way = way_of(question.card);
  if (!question.contact) return way;
  EDGE_TRY(const auto contact, store::find_contact(write.scope, *question.contact));
  if (!contact || !contact->route_id) return way;
  EDGE_TRY(const auto route, store::find_route(write.scope, *contact->route_id));
  if (route) keep_reached(way, *route);
  return way;
}

base::Result<> send_answer(const kernel::WriteContext& write, const PendingJoinRow& pending,
                           base::Bytes envelope) {
  EDGE_CHECK(store::delete_outbox_of_join(write.scope, pending.id));
  store::OutboxRow out;
  out.route_id = pending.route_id;
  out.kind = pending.role == JoinRole::inviter ? store::OutboxKind::join_answer
                                               : store::OutboxKind::session_answer;
  out.join_id = pending.id;
  out.created_at = write.steady();
  out.envelope = std::move(envelope);
  EDGE_CHECK(store::insert_outbox(write.scope, out));
  outbox::wake_courier(write, pending.route_id);
  return {};
}

// An address is a label that anybody may choose, and change with each card: a contact that is
// verified under it later ranks behind those verified before (decision 5).
base::Result<> keep_place(const kernel::WriteContext& write, store::ContactRow& contact) {
  EDGE_TRY(const store::ContactRow before, store::load_contact(write.scope, contact.id));
  if (!contact.verified || (before.verified && before.addr == contact.addr)) return {};
  EDGE_TRY(contact.addr_place, write.tx.next_id(write.account.id, "contact_addr"));
  return {};
}

base::Result<bool> is_stranger(const kernel::WriteContext& write, const crypto::PublicKey& key) {
  EDGE_TRY(const auto known, chats::contact_of(write.scope, key.bytes()));
  return !known;
}

// Ranks a new session among the contact's, of which the newest so far had the generation `newest`.
// True: it is the one to send on.
base::Result<bool> begin_to_use(const kernel::WriteContext& write, const store::SessionRow& session,
                                std::int64_t newest) {
  EDGE_CHECK(store::supersede_sessions(write.scope, *session.contact));
  // The contact's account was restored or moved: the deposit tokens that an earlier copy of it
  // holds are revoked.
  if (newest > 0 && epoch_of(session.generation) > epoch_of(newest)) {
    EDGE_CHECK(store::delete_earlier_deposit_tokens(write.scope, *session.contact));
  }
  renewal_state(write).postponed.session_works(write.account.id, *session.contact);
  EDGE_TRY(const auto sending, store::sending_session(write.scope, *session.contact));
  return sending && sending->id == session.id;
}

}  // namespace

base::Result<store::ContactRow> contact_for(const kernel::WriteContext& write,
                                            const crypto::PublicKey& key, const std::string& addr,
                                            const std::string& name) {
  EDGE_TRY(auto known, chats::find_contact_by_key(write.scope, key.bytes()));
  if (known) return *std::move(known);
  store::ContactRow row;
  EDGE_TRY(row.id, write.tx.next<ContactId>(write.account.id, "contact", kFirstId));
  row.keys.push_back(chats::stored_key(key.bytes()));
  row.addr = plain_name(addr, kMaxAddress);
  row.auth_name = plain_name(name);
  EDGE_CHECK(store::insert_contact(write.scope, row));
  return row;
}

void apply_card(store::ContactRow& contact, const Card& card, UnixMillis now) {
  contact.state = store::ContactState::known;
  contact.addr = plain_name(card.addr, kMaxAddress);
  contact.auth_name = plain_name(card.name);
  contact.status = card.status;
  contact.bot = card.bot;
  contact.last_seen = now;
}

base::Result<Generation> next_generation(const kernel::WriteContext& write, ContactId contact) {
  EDGE_TRY(const std::int64_t newest, store::newest_generation(write.scope, contact));
  EDGE_TRY(const std::int64_t least, least_generation(write));
  return static_cast<Generation>(std::max(newest + 1, least));
}

base::Result<bool> has_room(const store::Scope& scope, JoinRole role, std::int64_t invite_id,
                            UnixMillis now) {
  EDGE_TRY(const auto pending, store::count_pending_joins_of(scope, role, invite_id));
  return pending.count < kMaxPendingAnswers || now - pending.oldest_at >= kFresh;
}

base::Result<ReadyReply> make_ready(crypto::Handshake handshake) {
  EDGE_CHECK(handshake.agree());
  EDGE_TRY(auto sealer, crypto::EnvelopeSealer::to(*handshake.remote_static()));
  return ReadyReply{std::move(handshake), crypto::RatchetKeyPair::generate(), std::move(sealer)};
}

std::optional<OpenedAnswer> take_keys(std::int64_t pending_id, const crypto::Handshake& handshake,
                                      const crypto::X25519Public& ratchet_key, Card card,
                                      const LastReceived& last_received, Generation generation) {
  const auto keys = handshake.split();
  const auto box = card.identity.to_x25519();
  if (!keys || !box) return std::nullopt;
  auto ratchet = crypto::Ratchet::initiate(handshake.handshake_hash(), *keys, ratchet_key);
  if (!ratchet) return std::nullopt;
  return OpenedAnswer{
      pending_id,          std::move(card),           last_received, generation, *box,
      *std::move(ratchet), handshake.handshake_hash()};
}

base::Result<bool> answer_question(const kernel::WriteContext& write, Question question,
                                   ReadyReply& reply, AnswerPayload payload,
                                   const LastReceived& last_received) {
  EDGE_TRY(const bool room, make_room(write, question.role, question.invite_id));
  if (!room) return false;
  Generation generation = question.generation;
  if (question.contact) {
    EDGE_TRY(const Generation next, next_generation(write, *question.contact));
    generation = std::max(generation, next);
  }
  AnswererMemory memory;
  crypto::Handshake& handshake = reply.handshake;
  EDGE_TRY(const Card ours, make_card(write));
  EDGE_TRY(const base::Bytes message,
           handshake.write(payload(reply.ratchet_key.public_key, ours, last_received, generation)));
  EDGE_TRY(const auto keys, handshake.split());

  PendingJoinRow pending;
  EDGE_TRY(pending.id, write.tx.next_id(write.account.id, "pending_join"));
  EDGE_CHECK(allow_deposits(write, ours.token, pending.id, question.contact));
  memory.sent_profile = mark_of(write, ours);
  store::SessionRow session;
  EDGE_TRY(session.id, write.tx.next_id(write.account.id, "session"));
  session.tag = ours.tag;
  session.peer_tag = question.card.tag;
  session.peer_box = handshake.remote_static()->bytes;
  session.handshake_hash = handshake.handshake_hash();
  session.created_at = write.steady();
  session.join_id = pending.id;
  session.generation = static_cast<std::int64_t>(generation);
  session.ratchet =
      crypto::Ratchet::respond(handshake.handshake_hash(), keys, reply.ratchet_key).save();
  EDGE_CHECK(store::insert_session(write.scope, session));

  pending.role = question.role;
  pending.digest = question.digest;
  pending.invite_id = question.invite_id;
  pending.contact = question.contact;
  pending.session_id = session.id;
  EDGE_TRY(store::RouteWay way, way_to(write, question));
  EDGE_TRY(pending.route_id, new_route(write, std::move(way)));
  pending.created_at = session.created_at;
  const auto kind =
      question.role == JoinRole::inviter ? EnvelopeKind::join_answer : EnvelopeKind::session_answer;
  EDGE_TRY(memory.answer,
           reply.sealer.seal(static_cast<std::uint8_t>(kind), question.card.tag, message));
  memory.card = std::move(question.card);
  memory.last_received = question.last_received;
  pending.memory = encode_memory(memory);
  EDGE_CHECK(store::insert_pending_join(write.scope, pending));
  EDGE_CHECK(send_answer(write, pending, std::move(memory.answer)));
  return true;
}

base::Result<bool> repeat_answer(const kernel::WriteContext& write,
                                 const std::array<std::uint8_t, 32>& digest) {
  EDGE_TRY(const auto pending, store::find_pending_join_by_digest(write.scope, digest));
  if (!pending) {
    EDGE_TRY(const auto done, store::find_seen_envelope(write.scope, digest));
    return done.has_value();
  }
  EDGE_TRY(auto memory, decode_answerer_memory(pending->memory));
  EDGE_CHECK(send_answer(write, *pending, std::move(memory.answer)));
  // A requester that repeats its request can be reached: the answer is sent at once.
  write.signal(&kernel::Signals::route_answered, pending->route_id);
  return true;
}

base::Result<store::SessionRow> take_answer(const kernel::WriteContext& write,
                                            const PendingJoinRow& pending,
                                            const OpenedAnswer& answer,
                                            store::ContactRow& contact) {
  const Card& card = answer.card;
  EDGE_TRY(const std::int64_t newest, store::newest_generation(write.scope, contact.id));
  store::SessionRow session;
  EDGE_TRY(session.id, write.tx.next_id(write.account.id, "session"));
  session.contact = contact.id;
  session.tag = *pending.tag;
  session.peer_tag = card.tag;
  session.peer_box = answer.peer_box.bytes;
  session.handshake_hash = answer.handshake_hash;
  session.state = store::SessionState::live;
  session.created_at = write.steady();
  session.join_id = pending.id;
  session.generation = static_cast<std::int64_t>(answer.generation);
  session.ratchet = answer.ratchet.save();
  EDGE_CHECK(store::insert_session(write.scope, session));
  EDGE_TRY(const bool sends, begin_to_use(write, session, newest));

  EDGE_TRY(auto route, store::find_route(write.scope, pending.route_id));
  store::RouteRow renewed{pending.route_id, way_of(card), std::nullopt};
  if (route) keep_reached(renewed.way, *route);
  // An invite's token is accepted for joins only.
  if (route && pending.role == JoinRole::initiator) renewed.second = std::move(route->way);
  EDGE_CHECK(store::update_route(write.scope, renewed));
  EDGE_CHECK(switch_route(write, contact, pending.route_id, sends));
  apply_card(contact, card, write.tx.now());
  EDGE_CHECK(keep_place(write, contact));
  EDGE_CHECK(store::update_contact(write.scope, contact));
  EDGE_CHECK(store::delete_outbox_of_join(write.scope, pending.id));
  return session;
}

base::Result<store::ContactRow> take_proof(const kernel::WriteContext& write,
                                           const PendingJoinRow& pending,
                                           const AnswererMemory& memory, store::SessionRow& session,
                                           bool verified) {
  EDGE_TRY(const bool stranger_before, is_stranger(write, memory.card.identity));
  EDGE_TRY(store::ContactRow contact,
           contact_for(write, memory.card.identity, memory.card.addr, memory.card.name));
  // An unknown or removed contact becomes known when it is accepted.
  store::ContactState state = contact.state;
  if (verified) state = store::ContactState::known;
  if (stranger_before && pending.invite_id == store::kCardOwner && !verified) {
    EDGE_TRY(state, chats::state_of_stranger(write.scope));
  }
  EDGE_TRY(const std::int64_t newest, store::newest_generation(write.scope, contact.id));
  session.contact = contact.id;
  session.state = store::SessionState::live;
  EDGE_CHECK(store::update_session(write.scope, session));
  EDGE_TRY(const bool sends, begin_to_use(write, session, newest));
  EDGE_CHECK(switch_route(write, contact, pending.route_id, sends));
  apply_card(contact, memory.card, write.tx.now());
  contact.state = state;
  contact.verified = contact.verified || verified;
  EDGE_CHECK(keep_place(write, contact));
  EDGE_CHECK(store::update_contact(write.scope, contact));
  EDGE_CHECK(note_profile_sent(write, contact.id, memory.sent_profile));
  // A late retransmission of the request starts no new handshake.
  if (pending.digest) {
    EDGE_CHECK(store::note_envelope(write.scope, *pending.digest, write.steady(), {}));
  }
  EDGE_CHECK(store::give_deposit_tokens(write.scope, pending.id, contact.id));
  EDGE_CHECK(store::delete_outbox_of_join(write.scope, pending.id));
  EDGE_CHECK(store::delete_pending_join(write.scope, pending.id));
  return contact;
}

base::Result<> forget_asker(const kernel::WriteContext& write, const PendingJoinRow& pending) {
  EDGE_CHECK(store::delete_outbox_of_join(write.scope, pending.id));
  EDGE_CHECK(store::delete_route(write.scope, pending.route_id));
  EDGE_CHECK(
      store::delete_deposit_tokens_of(write.scope, store::TokenPurpose::contact, pending.id));
  if (pending.session_id != 0) {
    EDGE_CHECK(store::delete_session(write.scope, pending.session_id));
  }
  return store::delete_pending_join(write.scope, pending.id);
}

}  // namespace messaging::peering
