#include "messaging/peering/joining.h"

#include "base/wire.h"
#include "crypto/encoding.h"
#include "crypto/envelope.h"
#include "crypto/hash.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/peering/avatars.h"
#include "messaging/peering/envelope_kind.h"
#include "messaging/peering/handshakes.h"
#include "messaging/peering/profile.h"
#include "messaging/peering/reach.h"
#include "messaging/peering/session_outbox.h"
#include "store/tables/invites.h"

namespace messaging::peering {
namespace {

using base::Errc;
using base::fail;
using store::JoinRole;
using store::PendingJoinRow;

base::Bytes prologue(const crypto::PublicKey& inviter) {
  base::WireWriter out;
  out.fixed(base::as_bytes("privitty-edge join v1")).fixed(inviter.bytes());
  return out.take();
}

// The chat is encrypted from now on.
base::Result<> announce_session(const kernel::WriteContext& write, const store::ContactRow& contact,
                                store::ChatRow chat) {
  const bool first = !chat.encrypted;
  chat.encrypted = true;
  EDGE_CHECK(store::update_chat(write.scope, chat));
  EDGE_CHECK(write.emit(ContactsChanged{contact.id}));
  if (first) {
    EDGE_CHECK(write.emit(PrivittyChatEncryptionChanged{chat.id, true}));
  }
  EDGE_CHECK(write.emit(ChatModified{chat.id}));
  EDGE_CHECK(write.emit(PrivittyPeerHandshakeComplete{chat.id, contact.id}));
  return offer_avatar(write);
}

// The chat with somebody whom we join, or who joined us: accepted (decision 10). The join of a
// group accepts the group alone: a request of the other side's own stays one, as in Delta Chat.
enum class JoinOf : std::uint8_t { contact, group };
base::Result<store::ChatRow> ensure_chat_of_join(const kernel::WriteContext& write,
                                                 ContactId contact, JoinOf join) {
  if (join == JoinOf::group) {
    EDGE_TRY(const auto chat, store::find_chat_by_contact(write.scope, contact));
    if (chat && chat->blocked == store::ChatBlocked::request) return *chat;
  }
  return chats::ensure_single_chat(write.tx, write.scope, contact, store::ChatBlocked::no);
}

// A contact joined again: ends the earlier joins with it.
base::Result<> replace_older_joins(const kernel::WriteContext& write, ContactId contact) {
  EDGE_TRY(const auto ids, store::pending_joins_of_role(write.scope, JoinRole::joiner));
  for (const std::int64_t id : ids) {
    EDGE_TRY(const auto join, store::find_pending_join(write.scope, id));
    if (!join || join->contact != contact || join->state != store::JoinState::waiting) continue;
    EDGE_CHECK(store::delete_outbox_of_join(write.scope, id));
    EDGE_CHECK(store::delete_pending_join(write.scope, id));
  }
  return {};
}

}  // namespace

base::Result<ChatId> start_join(const kernel::WriteContext& write, const crypto::Invite& invite) {
  if (invite.identity == write.account.identity.public_key()) {
    return fail(Errc::invalid_argument,
                "this is your own invite link; give it to the person who should join you");
  }
  DepositToken deposit_token;
  if (!crypto::base64url_decode_to(invite.token, deposit_token.bytes)) {
    return fail(Errc::invalid_argument, "the invite link's field t (token) is not a token");
  }

  EDGE_TRY(store::ContactRow contact,
           contact_for(write, invite.identity, invite.addr, invite.name));
  contact.state = store::ContactState::known;
  contact.blocked = false;  // joining accepts the contact's messages
  EDGE_CHECK(replace_older_joins(write, contact.id));
  EDGE_TRY(const std::int64_t route,
           new_route(write, {invite.urls, invite.mailbox, deposit_token.bytes}));
  if (!contact.route_id) contact.route_id = route;
  EDGE_CHECK(store::update_contact(write.scope, contact));
  EDGE_TRY(const store::ChatRow chat,
           ensure_chat_of_join(write, contact.id, invite.group ? JoinOf::group : JoinOf::contact));

  EDGE_TRY(const Card card, make_card(write));
  EDGE_TRY(const std::int64_t join_id, write.tx.next_id(write.account.id, "pending_join"));
  EDGE_CHECK(allow_deposits(write, card.token, join_id, contact.id));
  EDGE_CHECK(note_profile_sent(write, contact.id, mark_of(write, card)));
  EDGE_TRY(const crypto::X25519Public inviter, invite.identity.to_x25519());
  crypto::HandshakeOptions options;
  options.static_key = &write.account.identity.x25519_secret();
  options.remote_static = inviter;
  options.psk = invite.secret.view();
  const base::Bytes bound = prologue(invite.identity);
  options.prologue = bound;
  EDGE_TRY(auto handshake, crypto::Handshake::start(crypto::NoisePattern::IKpsk2,
                                                    crypto::NoiseRole::initiator, options));
  EDGE_TRY(const Generation generation, next_generation(write, contact.id));
  EDGE_TRY(const base::Bytes message,
           handshake.write(encode(JoinRequest{invite.number, card, generation})));

  PendingJoinRow join;
  join.id = join_id;
  join.role = JoinRole::joiner;
  join.tag = card.tag;
  join.contact = contact.id;
  join.route_id = route;
  join.created_at = write.steady();
  BeginnerMemory memory;
  memory.handshake = handshake.save();
  join.memory = encode_memory(memory);
  EDGE_CHECK(store::insert_pending_join(write.scope, join));

  store::OutboxRow out;
  out.route_id = route;
  out.kind = store::OutboxKind::join_request;
  out.join_id = join.id;
  out.created_at = join.created_at;
  EDGE_TRY(out.envelope,
           crypto::seal_envelope(inviter, static_cast<std::uint8_t>(EnvelopeKind::join_request), {},
                                 message));
  EDGE_CHECK(store::insert_outbox(write.scope, out));
  outbox::wake_courier(write, route);
  EDGE_CHECK(write.emit(ContactsChanged{contact.id}));
  EDGE_CHECK(write.emit(ChatlistChanged{}));
  EDGE_CHECK(write.emit(SecurejoinJoinerProgress{contact.id, 200}));
  return chat.id;
}

base::Result<std::optional<OpenedJoinRequest>> open_join_request(
    const kernel::AccountState& account, const store::Scope& scope, std::int64_t invite_id,
    base::ByteView message) {
  std::optional<OpenedJoinRequest> none;
  EDGE_TRY(const auto invite, store::find_invite(scope, invite_id));
  if (!invite || invite->withdrawn) return none;
  crypto::HandshakeOptions options;
  options.static_key = &account.identity.x25519_secret();
  options.psk = invite->secret.view();
  const base::Bytes bound = prologue(account.identity.public_key());
  options.prologue = bound;
  EDGE_TRY(auto handshake, crypto::Handshake::start(crypto::NoisePattern::IKpsk2,
                                                    crypto::NoiseRole::responder, options));
  const auto payload = handshake.read(message);
  if (!payload) return none;
  auto request = decode_join_request(*payload);
  if (!request || request->invite_number != invite->number) return none;
  // The card's identity must be the key that the handshake proved.
  const auto their_box = request->card.identity.to_x25519();
  if (!their_box || !handshake.remote_static() || *their_box != *handshake.remote_static()) {
    return none;
  }
  if (request->card.identity == account.identity.public_key()) return none;
  auto reply = make_ready(std::move(handshake));
  if (!reply) return none;
  return std::optional(OpenedJoinRequest{*std::move(reply), *std::move(request)});
}

base::Result<bool> answer_request(const kernel::WriteContext& write, std::int64_t invite_id,
                                  base::ByteView message,
                                  std::optional<OpenedJoinRequest>& opened) {
  const auto digest = crypto::blake2b<32>(message);
  EDGE_TRY(const bool repeated, repeat_answer(write, digest));
  if (repeated) return true;
  EDGE_TRY(const auto invite, store::find_invite(write.scope, invite_id));
  if (!opened || !invite || invite->withdrawn) return false;
  JoinRequest* request = &opened->request;
  EDGE_TRY(const auto known,
           chats::find_contact_by_key(write.scope, request->card.identity.bytes()));
  if (known && known->blocked) return false;
  Question question;
  question.role = JoinRole::inviter;
  question.digest = digest;
  question.invite_id = invite->id;
  if (known) question.contact = known->id;
  question.card = std::move(request->card);
  question.generation = request->generation;
  return answer_question(write, std::move(question), opened->reply,
                         [](const crypto::X25519Public& ratchet_key, const Card& ours,
                            const LastReceived&, Generation generation) {
                           return encode(JoinAnswer{ratchet_key, ours, generation});
                         },
                         {});
}

base::Result<std::optional<OpenedAnswer>> open_answer(const store::Scope& scope, const Tag& tag,
                                                      base::ByteView message) {
  std::optional<OpenedAnswer> none;
  EDGE_TRY(const auto join, store::find_pending_join_by_tag(scope, tag));
  if (!join || join->role != JoinRole::joiner || join->state != store::JoinState::waiting) {
    return none;
  }
  EDGE_TRY(const auto memory, decode_beginner_memory(join->memory));
  EDGE_TRY(auto handshake, crypto::Handshake::load(memory.handshake));
  const auto payload = handshake.read(message);
  if (!payload) return none;
  auto answer = decode_join_answer(*payload);
  if (!answer) return none;
  return take_keys(join->id, handshake, answer->ratchet_key, std::move(answer->card), {},
                   answer->generation);
}

base::Result<bool> complete_answer(const kernel::WriteContext& write, const Tag& tag,
                                   const std::optional<OpenedAnswer>& answer) {
  EDGE_TRY(auto join, store::find_pending_join_by_tag(write.scope, tag));
  if (!join || join->role != JoinRole::joiner || join->state != store::JoinState::waiting ||
      !join->contact) {
    return false;
  }
  EDGE_TRY(store::ContactRow contact, store::load_contact(write.scope, *join->contact));
  // Only the inviter could deposit this (its token was inside message 1). If the answer does not
  // open, the secrets differ and no other answer will follow.
  if (!answer || answer->pending_id != join->id) {
    EDGE_CHECK(join_failed(write, join->id,
                           "the inviter's answer does not fit the invite link: the link was "
                           "altered or is incomplete; ask for a new one"));
    return true;
  }
  if (answer->card.identity.bytes() != chats::key_of(contact)) {
    EDGE_CHECK(join_failed(write, join->id, "somebody else answered the invite"));
    return true;
  }
  contact.verified = true;
  EDGE_TRY(const bool unnoted, store::delete_outbox_of_join(write.scope, join->id));
  EDGE_TRY(auto session, take_answer(write, *join, *answer, contact));
  join->state = store::JoinState::answered;
  join->session_id = session.id;
  join->memory.clear();
  EDGE_CHECK(store::update_pending_join(write.scope, *join));
  // The join of a contact accepted the chat when it began.
  EDGE_TRY(const store::ChatRow chat, ensure_chat_of_join(write, contact.id, JoinOf::group));
  EDGE_CHECK(announce_session(write, contact, chat));
  // The answer may arrive before the deposit of the request is confirmed.
  if (unnoted) EDGE_CHECK(write.emit(SecurejoinJoinerProgress{contact.id, 400}));
  EDGE_CHECK(write.emit(SecurejoinJoinerProgress{contact.id, 600}));
  EDGE_CHECK(queue_hello(write, contact.id, session, join->id));
  EDGE_CHECK(encrypt_again(write, contact.id));
  return true;
}

base::Result<ContactId> prove_joiner(const kernel::WriteContext& write, const PendingJoinRow& join,
                                     store::SessionRow& session) {
  EDGE_TRY(const auto memory, decode_answerer_memory(join.memory));
  EDGE_TRY(const store::ContactRow contact, take_proof(write, join, memory, session, true));
  EDGE_TRY(const auto invite, store::find_invite(write.scope, join.invite_id));
  const JoinOf of = invite && invite->chat ? JoinOf::group : JoinOf::contact;
  EDGE_TRY(const store::ChatRow chat, ensure_chat_of_join(write, contact.id, of));
  EDGE_CHECK(announce_session(write, contact, chat));
  EDGE_CHECK(write.emit(SecurejoinInviterProgress{contact.id, 1000}));
  EDGE_CHECK(encrypt_again(write, contact.id));
  return contact.id;
}

base::Result<> join_requested(const kernel::WriteContext& write, std::int64_t join_id) {
  EDGE_TRY(const auto join, store::find_pending_join(write.scope, join_id));
  if (!join || join->role != JoinRole::joiner || join->state != store::JoinState::waiting ||
      !join->contact) {
    return {};
  }
  return write.emit(SecurejoinJoinerProgress{*join->contact, 400});
}

base::Result<> join_confirmed(const kernel::WriteContext& write, std::int64_t join_id) {
  EDGE_TRY(const auto join, store::find_pending_join(write.scope, join_id));
  if (!join || !join->contact) return {};
  EDGE_CHECK(store::delete_pending_join(write.scope, join->id));
  return write.emit(SecurejoinJoinerProgress{*join->contact, 1000});
}

base::Result<> join_message_opened(const kernel::WriteContext& write,
                                   const store::SessionRow& session) {
  if (!session.contact) return {};
  EDGE_TRY(const auto join,
           store::find_pending_join_by_contact(write.scope, *session.contact, JoinRole::joiner));
  if (!join || join->state != store::JoinState::answered || join->session_id != session.id) {
    return {};
  }
  return join_confirmed(write, join->id);
}

base::Result<> join_failed(const kernel::WriteContext& write, std::int64_t join_id,
                           const std::string& why) {
  EDGE_TRY(const auto join, store::find_pending_join(write.scope, join_id));
  if (!join || !join->contact) return {};
  EDGE_CHECK(store::delete_outbox_of_join(write.scope, join_id));
  EDGE_CHECK(store::delete_pending_join(write.scope, join->id));
  EDGE_TRY(const auto chat, store::find_chat_by_contact(write.scope, *join->contact));
  if (chat) {
    EDGE_CHECK(chats::add_info_message(write.tx, write.scope, chat->id, SystemMessage::securejoin,
                                       "Joining failed: " + why + ".", *join->contact));
  }
  EDGE_CHECK(write.emit(Error{"Joining failed: " + why + "."}));
  return write.emit(SecurejoinJoinerProgress{*join->contact, 0});
}

base::Result<> expire_joins(const kernel::WriteContext& write, UnixMillis now) {
  for (const JoinRole role : {JoinRole::joiner, JoinRole::inviter}) {
    EDGE_TRY(const auto ids, store::pending_joins_of_role(write.scope, role));
    for (const std::int64_t id : ids) {
      EDGE_TRY(const auto join, store::find_pending_join(write.scope, id));
      if (!join || join->created_at > now - kHandshakeLifetime) continue;
      if (role == JoinRole::inviter) {
        EDGE_CHECK(forget_asker(write, *join));
      } else if (join->state == store::JoinState::waiting) {
        EDGE_CHECK(join_failed(write, id, "the inviter did not answer in 14 days"));
      }
    }
  }
  return {};
}

}  // namespace messaging::peering
