#include "messaging/peering/renewal.h"

#include "base/log.h"
#include "base/wire.h"
#include "crypto/envelope.h"
#include "crypto/hash.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/chats/requests.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/peering/avatars.h"
#include "messaging/peering/envelope_kind.h"
#include "messaging/peering/group_ways.h"
#include "messaging/peering/handshakes.h"
#include "messaging/peering/profile.h"
#include "messaging/peering/reach.h"
#include "messaging/peering/renewal_state.h"
#include "messaging/peering/restoration.h"
#include "messaging/peering/session_outbox.h"
#include "store/tables/messages.h"

namespace messaging::peering {
namespace {

using base::Errc;
using base::fail;
using store::JoinRole;
using store::PendingJoinRow;
using store::TokenPurpose;

constexpr base::Millis kRetiredTokenLifetime = 90 * 24 * 3600 * base::Millis{1000};

base::Bytes prologue(const crypto::PublicKey& responder, base::ByteView group) {
  base::WireWriter out;
  out.fixed(base::as_bytes("privitty-edge session v1")).fixed(responder.bytes()).fixed(group);
  return out.take();
}

// Whether an earlier request may still be answered. Not if the clock was set back since.
bool under_way(const std::optional<PendingJoinRow>& pending, UnixMillis now) {
  if (!pending || pending->state != store::JoinState::waiting) return false;
  const base::Millis age = now - pending->created_at;
  return age >= 0 && age < kRenewalPatience;
}

base::Result<> drop_request(const kernel::WriteContext& write, const PendingJoinRow& pending) {
  EDGE_CHECK(store::delete_outbox_of_join(write.scope, pending.id));
  EDGE_CHECK(store::delete_deposit_tokens_of(write.scope, TokenPurpose::contact, pending.id));
  return store::delete_pending_join(write.scope, pending.id);
}

base::Result<> send_request(const kernel::WriteContext& write, const store::ContactRow& contact,
                            base::Bytes group) {
  PendingJoinRow pending;
  EDGE_TRY(pending.id, write.tx.next_id(write.account.id, "pending_join"));
  EDGE_TRY(const Card card, make_card(write));
  EDGE_CHECK(allow_deposits(write, card.token, pending.id, contact.id));
  EDGE_CHECK(note_profile_sent(write, contact.id, mark_of(write, card)));
  EDGE_TRY(const auto key,
           crypto::PublicKey::from_bytes(chats::key_of(contact).value_or(MemberKey{})));
  EDGE_TRY(const crypto::X25519Public responder, key.to_x25519());
  crypto::HandshakeOptions options;
  options.static_key = &write.account.identity.x25519_secret();
  options.remote_static = responder;
  const base::Bytes bound = prologue(key, group);
  options.prologue = bound;
  EDGE_TRY(auto handshake, crypto::Handshake::start(crypto::NoisePattern::IK,
                                                    crypto::NoiseRole::initiator, options));
  EDGE_TRY(const LastReceived last_received, last_received_of(write, contact.id));
  EDGE_TRY(const Generation generation, next_generation(write, contact.id));
  EDGE_TRY(const base::Bytes message,
           handshake.write(encode(SessionRequest{card, last_received, generation})));
  base::WireWriter body;
  body.bytes(group).fixed(message);

  pending.role = JoinRole::initiator;
  pending.tag = card.tag;
  pending.contact = contact.id;
  pending.route_id = *contact.route_id;
  pending.created_at = write.steady();
  BeginnerMemory memory;
  memory.handshake = handshake.save();
  memory.group = std::move(group);
  pending.memory = encode_memory(memory);
  EDGE_CHECK(store::insert_pending_join(write.scope, pending));

  store::OutboxRow out;
  out.route_id = pending.route_id;
  out.contact = contact.id;
  out.kind = store::OutboxKind::session_request;
  out.join_id = pending.id;
  out.created_at = pending.created_at;
  EDGE_TRY(out.envelope, crypto::seal_envelope(
                             responder, static_cast<std::uint8_t>(EnvelopeKind::session_request),
                             {}, body.view()));
  EDGE_CHECK(store::insert_outbox(write.scope, out));
  outbox::wake_courier(write, pending.route_id);
  return {};
}

base::Result<> announce_renewal(const kernel::WriteContext& write, ContactId contact) {
  EDGE_CHECK(offer_avatar(write));
  EDGE_CHECK(write.emit(ContactsChanged{contact}));
  EDGE_TRY(auto chat, store::find_chat_by_contact(write.scope, contact));
  if (!chat) return {};
  if (!chat->encrypted) {
    chat->encrypted = true;
    EDGE_CHECK(store::update_chat(write.scope, *chat));
    EDGE_CHECK(write.emit(PrivittyChatEncryptionChanged{chat->id, true}));
  }
  return write.emit(PrivittyPeerHandshakeComplete{chat->id, contact});
}

// The group whose introduction the contact's route uses, which may differ from the given one;
// empty: the route is no group's. May have to read every group that both are members of.
base::Result<base::Bytes> group_of_route(const store::Scope& scope,
                                         const store::ContactRow& contact,
                                         const Introduction* introduction) {
  EDGE_TRY(const auto route, store::find_route(scope, *contact.route_id));
  if (!route) return base::Bytes();
  if (introduction != nullptr &&
      deposit_key_id(introduction->token) == deposit_key_id({route->way.token})) {
    return introduction->group;
  }
  return introduced_by(scope, contact.id, route->way.token);
}

}  // namespace

base::Result<bool> ensure_session(const kernel::WriteContext& write, ContactId contact,
                                  const Introduction* introduction) {
  EDGE_TRY(const auto live, store::live_sessions(write.scope, contact));
  if (!live.empty()) return true;
  EDGE_CHECK(begin_session(write, contact, introduction));
  return false;
}

base::Result<> begin_session(const kernel::WriteContext& write, ContactId id,
                             const Introduction* introduction) {
  EDGE_TRY(store::ContactRow contact, store::load_contact(write.scope, id));
  if (contact.blocked || !chats::key_of(contact)) return {};
  base::Bytes group;
  if (introduction != nullptr) {
    if (introduction->group.empty() || introduction->group.size() > kMaxGroupId) {
      return fail(Errc::invalid_argument, "a group's id has 1 to 64 bytes");
    }
    group = introduction->group;
    if (!contact.route_id) {
      EDGE_TRY(contact.route_id, new_route(write, {introduction->urls, introduction->mailbox,
                                                   introduction->token.bytes}));
      EDGE_CHECK(store::update_contact(write.scope, contact));
    }
  }
  if (!contact.route_id) return {};
  EDGE_TRY(const auto join, store::find_pending_join_by_contact(write.scope, id, JoinRole::joiner));
  // The route of an invite accepts only the join.
  if (join && join->state == store::JoinState::waiting &&
      (join->route_id == *contact.route_id || under_way(join, write.steady()))) {
    return {};
  }
  EDGE_TRY(const auto earlier,
           store::find_pending_join_by_contact(write.scope, id, JoinRole::initiator));
  if (under_way(earlier, write.steady())) {
    const base::Millis left = kRenewalPatience - (write.steady() - earlier->created_at);
    renewal_state(write).postponed.postpone(write.account.id, id, left);
    return {};
  }
  if (!renewal_state(write).budget.take(write.account.id, id, RenewalBudget::Side::begin)) {
    renewal_state(write).postponed.postpone(write.account.id, id, kRenewalRefill);
    return {};
  }
  if (earlier) {
    EDGE_TRY(auto memory, decode_beginner_memory(earlier->memory));
    if (group.empty()) group = std::move(memory.group);
    EDGE_CHECK(drop_request(write, *earlier));
  }
  if (!contact.verified) {
    EDGE_TRY(auto bound, group_of_route(write.scope, contact, introduction));
    if (!bound.empty()) group = std::move(bound);
  }
  return send_request(write, contact, std::move(group));
}

base::Result<> renew_unless_new(const kernel::WriteContext& write, ContactId contact,
                                const std::optional<Uuid>& message) {
  EDGE_TRY(const auto session, store::sending_session(write.scope, contact));
  const base::Millis age = session ? write.steady() - session->created_at : kStragglersComeFor;
  if (age < 0 || age >= kStragglersComeFor) return begin_session(write, contact);
  renewal_state(write).postponed.postpone(write.account.id, contact, kStragglersComeFor - age,
                                          message);
  return {};
}

base::Result<> renew_refused(const kernel::WriteContext& write, ContactId contact) {
  EDGE_TRY(const auto live, store::live_sessions(write.scope, contact));
  for (const std::int64_t session : live) {
    EDGE_CHECK(store::set_session_broken(write.scope, session));
  }
  EDGE_CHECK(store::hold_outbox(write.scope, contact));
  return begin_session(write, contact);
}

std::optional<OpenedSessionRequest> open_session_request(const kernel::AccountState& account,
                                                         const store::DepositTokenRow& token,
                                                         base::ByteView body) {
  base::WireReader in(body);
  const base::ByteView group = in.bytes(kMaxGroupId);
  const base::ByteView message = in.rest();
  if (!in.ok() || (token.purpose == TokenPurpose::introduction && group.empty())) {
    return std::nullopt;
  }
  crypto::HandshakeOptions options;
  options.static_key = &account.identity.x25519_secret();
  const base::Bytes bound = prologue(account.identity.public_key(), group);
  options.prologue = bound;
  auto handshake =
      crypto::Handshake::start(crypto::NoisePattern::IK, crypto::NoiseRole::responder, options);
  if (!handshake) return std::nullopt;
  const auto payload = handshake->read(message);
  if (!payload) return std::nullopt;
  auto request = decode_session_request(*payload);
  if (!request) return std::nullopt;
  // The card's identity must be the key that the handshake proved.
  const auto their_box = request->card.identity.to_x25519();
  if (!their_box || !handshake->remote_static() || *their_box != *handshake->remote_static() ||
      request->card.identity == account.identity.public_key()) {
    return std::nullopt;
  }
  auto reply = make_ready(*std::move(handshake));
  if (!reply) return std::nullopt;
  return OpenedSessionRequest{base::to_bytes(group), *std::move(reply), *std::move(request)};
}

base::Result<bool> answer_session_request(const kernel::WriteContext& write,
                                          const store::DepositTokenRow& token, base::ByteView body,
                                          std::optional<OpenedSessionRequest>& opened) {
  const auto digest = crypto::blake2b<32>(body);
  EDGE_TRY(const bool repeated, repeat_answer(write, digest));
  if (repeated) return true;
  if (!opened) return false;
  SessionRequest* request = &opened->request;
  const bool by_card = token.purpose == TokenPurpose::card;
  const bool introduced = by_card || token.purpose == TokenPurpose::introduction;
  EDGE_TRY(const auto known,
           chats::find_contact_by_key(write.scope, request->card.identity.bytes()));
  if (known ? known->blocked : !introduced) return false;
  if (by_card && !known) {
    EDGE_TRY(const bool room, chats::has_room_for_request(write.scope));
    if (!room) return false;
  }
  if (introduced && !by_card) {
    EDGE_TRY(
        const bool welcome,
        introduces(write.scope, ChatId(static_cast<std::uint32_t>(token.owner_id)), opened->group));
    if (!welcome) return false;
  }
  // A contact's token is accepted from that contact only.
  if (token.contact && (!known || known->id != *token.contact)) return false;
  if (!renewal_state(write).budget.take(write.account.id, known ? known->id : ContactId(),
                                        RenewalBudget::Side::answer, known ? 0 : token.owner_id)) {
    // Then this side requests a session later: the peer may wait ten minutes before it retries.
    if (known) renewal_state(write).postponed.postpone(write.account.id, known->id, kRenewalRefill);
    return false;
  }
  Question question;
  question.role = JoinRole::responder;
  if (introduced) question.invite_id = token.owner_id;
  question.digest = digest;
  LastReceived last_received;
  if (known) {
    question.contact = known->id;
    EDGE_TRY(last_received, last_received_of(write, known->id));
    EDGE_TRY(const auto earlier,
             store::find_pending_join_by_contact(write.scope, known->id, JoinRole::responder));
    if (earlier) EDGE_CHECK(forget_asker(write, *earlier));
  }
  question.card = std::move(request->card);
  question.last_received = request->last_received;
  question.generation = request->generation;
  return answer_question(
      write, std::move(question), opened->reply,
      [](const crypto::X25519Public& ratchet_key, const Card& ours, const LastReceived& their_last,
         Generation generation) {
        return encode(SessionAnswer{ratchet_key, ours, their_last, generation});
      },
      last_received);
}

base::Result<std::optional<OpenedAnswer>> open_session_answer(const store::Scope& scope,
                                                              const Tag& tag,
                                                              base::ByteView message) {
  std::optional<OpenedAnswer> none;
  EDGE_TRY(const auto pending, store::find_pending_join_by_tag(scope, tag));
  if (!pending || pending->role != JoinRole::initiator) return none;
  EDGE_TRY(const auto memory, decode_beginner_memory(pending->memory));
  EDGE_TRY(auto handshake, crypto::Handshake::load(memory.handshake));
  const auto payload = handshake.read(message);
  if (!payload) return none;
  auto answer = decode_session_answer(*payload);
  if (!answer) return none;
  return take_keys(pending->id, handshake, answer->ratchet_key, std::move(answer->card),
                   answer->last_received, answer->generation);
}

base::Result<bool> complete_session_answer(const kernel::WriteContext& write, const Tag& tag,
                                           const std::optional<OpenedAnswer>& answer) {
  EDGE_TRY(const auto pending, store::find_pending_join_by_tag(write.scope, tag));
  if (!pending || pending->role != JoinRole::initiator || !pending->contact) return false;
  EDGE_TRY(store::ContactRow contact, store::load_contact(write.scope, *pending->contact));
  if (!answer || answer->pending_id != pending->id || contact.blocked ||
      answer->card.identity.bytes() != chats::key_of(contact)) {
    return false;
  }
  EDGE_TRY(auto session, take_answer(write, *pending, *answer, contact));
  EDGE_CHECK(store::delete_pending_join(write.scope, pending->id));
  EDGE_CHECK(queue_hello(write, contact.id, session, 0));
  EDGE_CHECK(announce_renewal(write, contact.id));
  EDGE_CHECK(encrypt_again(write, contact.id, answer->last_received));
  return true;
}

base::Result<> prove_initiator(const kernel::WriteContext& write, const PendingJoinRow& pending,
                               store::SessionRow& session) {
  EDGE_TRY(const auto memory, decode_answerer_memory(pending.memory));
  EDGE_TRY(const store::ContactRow contact, take_proof(write, pending, memory, session, false));
  // A stranger who has our card is shown as a request at once: what it sends first may have to wait
  // until it is accepted.
  if (pending.invite_id == store::kCardOwner && contact.state == store::ContactState::hidden) {
    EDGE_CHECK(
        chats::ensure_single_chat(write.tx, write.scope, contact.id, store::ChatBlocked::request));
  }
  EDGE_CHECK(announce_renewal(write, contact.id));
  return encrypt_again(write, contact.id, memory.last_received);
}

base::Result<> expire_renewals(const kernel::WriteContext& write, UnixMillis now) {
  for (const JoinRole role : {JoinRole::initiator, JoinRole::responder}) {
    EDGE_TRY(const auto ids, store::pending_joins_of_role(write.scope, role));
    for (const std::int64_t id : ids) {
      EDGE_TRY(const auto pending, store::find_pending_join(write.scope, id));
      if (!pending || pending->created_at > now - kHandshakeLifetime) continue;
      EDGE_CHECK(role == JoinRole::initiator ? drop_request(write, *pending)
                                             : forget_asker(write, *pending));
    }
  }
  return store::delete_retired_tokens(write.scope, now - kRetiredTokenLifetime);
}

base::Result<> retry_renewals(const kernel::WriteContext& write) {
  EDGE_TRY(const auto contacts, store::contacts_with_waiting_outbox(write.scope));
  for (const ContactId contact : contacts) {
    const auto live = ensure_session(write, contact);
    if (!live && live.error().code == Errc::sealed) {
      // A record of this contact, or of a group that it is in, is unreadable. Other contacts
      // continue.
      base::log::error("contact {} of account {} waits for a session that cannot be begun: {}",
                       contact.value, write.account.id.value, live.error().message);
      continue;
    }
    if (!live) return live.error();
    if (*live) EDGE_CHECK(outbox::release_waiting(write, contact));
  }
  for (const PostponedRenewals::Due& due :
       renewal_state(write).postponed.take_due(write.account.id)) {
    bool still = due.why.session;
    for (const Uuid& message : due.why.messages) {
      EDGE_TRY(const bool had, store::has_message_uuid(write.scope, due.contact, message));
      EDGE_TRY(const bool deleted, store::has_tombstone(write.scope, due.contact, message));
      still = still || !(had || deleted);
    }
    if (!still) continue;
    EDGE_CHECK(begin_session(write, due.contact));
  }
  return {};
}

}  // namespace messaging::peering
