#include "messaging/joining.h"

#include "base/wire.h"
#include "crypto/encoding.h"
#include "crypto/envelope.h"
#include "crypto/hash.h"
#include "crypto/noise.h"
#include "crypto/random.h"
#include "crypto/ratchet.h"
#include "messaging/chat_rules.h"
#include "messaging/courier.h"
#include "messaging/outgoing.h"
#include "messaging/plain_name.h"
#include "store/tables/chats.h"
#include "store/tables/config_values.h"
#include "store/tables/contacts.h"
#include "store/tables/deposit_tokens.h"
#include "store/tables/invites.h"
#include "store/tables/outbox.h"
#include "store/tables/routes.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using store::JoinRole;
using store::PendingJoinRow;

// What a joiner remembers between messages 1 and 2: the handshake, and the sessions that the new
// one will replace.
struct JoinerMemory {
  crypto::WipingBytes handshake;
  std::vector<std::int64_t> older_sessions;
};

// What an inviter remembers until message 3: the joiner's card, its answer for repetitions, and the
// sessions that the new one will replace.
struct InviterMemory {
  Card card;
  base::Bytes answer;
  std::vector<std::int64_t> older_sessions;
};

void write_ids(base::WireWriter& out, const std::vector<std::int64_t>& ids) {
  out.u16(static_cast<std::uint16_t>(ids.size()));
  for (const std::int64_t id : ids) out.i64(id);
}

std::vector<std::int64_t> read_ids(base::WireReader& in) {
  std::vector<std::int64_t> ids;
  const std::size_t count = in.u16();
  for (std::size_t i = 0; i < count && in.ok(); ++i) ids.push_back(in.i64());
  return ids;
}

crypto::WipingBytes wiped(base::WireWriter& out) {
  base::Bytes bytes = out.take();
  crypto::WipingBytes copy(bytes.begin(), bytes.end());
  crypto::wipe(bytes);
  return copy;
}

crypto::WipingBytes encode_memory(const JoinerMemory& memory) {
  base::WireWriter out;
  write_ids(out, memory.older_sessions);
  out.fixed(memory.handshake);
  return wiped(out);
}

base::Result<JoinerMemory> decode_joiner_memory(base::ByteView bytes) {
  base::WireReader in(bytes);
  JoinerMemory memory;
  memory.older_sessions = read_ids(in);
  const base::ByteView rest = in.rest();
  if (!in.ok()) return fail(Errc::corrupt, "a pending join is damaged");
  memory.handshake.assign(rest.begin(), rest.end());
  return memory;
}

crypto::WipingBytes encode_memory(const InviterMemory& memory) {
  base::WireWriter out;
  write_ids(out, memory.older_sessions);
  out.bytes(encode(memory.card)).bytes(memory.answer);
  return wiped(out);
}

base::Result<InviterMemory> decode_inviter_memory(base::ByteView bytes) {
  base::WireReader in(bytes);
  InviterMemory memory;
  memory.older_sessions = read_ids(in);
  const base::ByteView card = in.bytes(64 * 1024);
  memory.answer = base::to_bytes(in.bytes(crypto::kMaxEnvelope));
  if (!in.done()) return fail(Errc::corrupt, "a pending join is damaged");
  EDGE_TRY(memory.card, decode_card(card));
  return memory;
}

base::Bytes prologue(const crypto::PublicKey& inviter) {
  base::WireWriter out;
  out.fixed(base::as_bytes("privitty-edge join v1")).fixed(inviter.bytes());
  return out.take();
}

// Our card for one contact, with a fresh token and tag.
base::Result<Card> make_card(const WriteContext& write) {
  Card card;
  card.identity = write.account.identity.public_key();
  card.addr = write.account.addr;
  EDGE_TRY(const auto name, store::find_config_value(write.scope, "displayname"));
  EDGE_TRY(const auto status, store::find_config_value(write.scope, "selfstatus"));
  EDGE_TRY(const auto bot, store::find_config_value(write.scope, "bot"));
  card.name = plain_name(name.value_or(""));
  card.status = status.value_or("").substr(0, 1024);
  if (!base::is_utf8(card.status)) card.status.clear();
  card.bot = bot == "1";
  card.urls = write.core.options.public_urls;
  card.mailbox = write.account.mailbox;
  card.token = DepositToken::generate();
  card.tag = crypto::random_array<16>();
  return card;
}

base::Result<> admit(const WriteContext& write, const DepositToken& token, std::int64_t owner) {
  return store::insert_deposit_token(
      write.scope,
      {deposit_key_id(token), store::TokenPurpose::contact, owner, write.tx.now(), token.bytes});
}

base::Result<std::int64_t> new_route(const WriteContext& write, std::vector<std::string> urls,
                                     std::string mailbox, const DepositToken& token) {
  EDGE_TRY(const std::int64_t id, write.tx.next_id(write.account.id, "route"));
  EDGE_CHECK(
      store::insert_route(write.scope, {id, std::move(urls), std::move(mailbox), token.bytes}));
  return id;
}

// Everything queued for the contact goes this way from now on. The old way stays while a join of
// our own is under way on it: when two join each other at once, both joins are completed.
base::Result<> switch_route(const WriteContext& write, store::ContactRow& contact,
                            std::int64_t route) {
  const auto old = contact.route_id;
  contact.route_id = route;
  if (!old || *old == route) return {};
  EDGE_CHECK(store::move_outbox(write.scope, contact.id, route));
  EDGE_TRY(const bool wanted, store::route_has_pending_join(write.scope, *old));
  return wanted ? base::Result<>{} : store::delete_route(write.scope, *old);
}

base::Result<store::ContactRow> contact_for(const WriteContext& write, const crypto::PublicKey& key,
                                            const std::string& addr, const std::string& name) {
  EDGE_TRY(auto known, store::find_contact_by_key(write.scope, key.bytes()));
  if (known) return *std::move(known);
  store::ContactRow row;
  EDGE_TRY(row.id, write.tx.next<ContactId>(write.account.id, "contact", kFirstId));
  row.key = base::to_bytes(base::ByteView(key.bytes()));
  row.addr = addr;
  row.auth_name = name;
  EDGE_CHECK(store::insert_contact(write.scope, row));
  return row;
}

void apply_card(store::ContactRow& contact, const Card& card, UnixMillis now) {
  contact.state = store::ContactState::known;
  contact.verified = true;
  contact.addr = card.addr;
  contact.auth_name = card.name;
  contact.status = card.status;
  contact.bot = card.bot;
  contact.last_seen = now;
}

std::string shown_name(const store::ContactRow& contact) {
  if (!contact.name.empty()) return contact.name;
  return contact.auth_name.empty() ? contact.addr : contact.auth_name;
}

// The chat is encrypted from now on: both sides tell so in the same words.
base::Result<> announce_session(const WriteContext& write, const store::ContactRow& contact,
                                store::ChatRow chat) {
  const bool first = !chat.encrypted;
  chat.encrypted = true;
  chat.blocked = store::ChatBlocked::no;  // securely joined chats are accepted (decision 10)
  EDGE_CHECK(store::update_chat(write.scope, chat));
  EDGE_CHECK(write.emit(ContactsChanged{contact.id}));
  if (first) {
    EDGE_CHECK(add_info_message(
        write.tx, write.scope, chat.id, SystemMessage::chat_e2ee,
        "Messages with " + shown_name(contact) + " are end-to-end encrypted.", contact.id));
    EDGE_CHECK(write.emit(PrivittyChatEncryptionChanged{chat.id, true}));
  }
  EDGE_CHECK(write.emit(ChatModified{chat.id}));
  EDGE_CHECK(write.emit(PrivittyPeerHandshakeComplete{chat.id, contact.id}));
  return {};
}

base::Result<> drop_join(const WriteContext& write, const PendingJoinRow& join, bool with_session) {
  if (with_session && join.session_id != 0) {
    EDGE_CHECK(store::delete_session(write.scope, join.session_id));
  }
  return store::delete_pending_join(write.scope, join.id);
}

// A join of a stranger that will never be completed takes everything made for it along.
base::Result<> forget_stranger(const WriteContext& write, const PendingJoinRow& join) {
  EDGE_CHECK(store::delete_outbox_of_join(write.scope, join.id));
  EDGE_CHECK(store::delete_route(write.scope, join.route_id));
  EDGE_CHECK(store::delete_deposit_tokens_of(write.scope, store::TokenPurpose::contact, join.id));
  return drop_join(write, join, true);
}

base::Result<> make_room(const WriteContext& write) {
  EDGE_TRY(const auto ids, store::pending_joins_of_role(write.scope, JoinRole::inviter));
  if (ids.size() < kMaxPendingJoins) return {};
  EDGE_TRY(const auto oldest, store::find_pending_join(write.scope, ids.front()));
  return oldest ? forget_stranger(write, *oldest) : base::Result<>{};
}

base::Result<> send_answer(const WriteContext& write, const PendingJoinRow& join,
                           base::Bytes envelope) {
  EDGE_CHECK(store::delete_outbox_of_join(write.scope, join.id));
  store::OutboxRow out;
  out.route_id = join.route_id;
  out.kind = store::OutboxKind::join_answer;
  out.join_id = join.id;
  out.created_at = write.tx.now();
  out.envelope = std::move(envelope);
  EDGE_CHECK(store::insert_outbox(write.scope, out));
  wake_courier(write, join.route_id);
  return {};
}

// A contact joined again: what was under way for it before is over.
base::Result<> replace_older_joins(const WriteContext& write, ContactId contact) {
  EDGE_TRY(const auto ids, store::pending_joins_of_role(write.scope, JoinRole::joiner));
  for (const std::int64_t id : ids) {
    EDGE_TRY(const auto join, store::find_pending_join(write.scope, id));
    if (!join || join->contact != contact || join->state != store::JoinState::waiting) continue;
    EDGE_CHECK(store::delete_outbox_of_join(write.scope, id));
    EDGE_CHECK(drop_join(write, *join, false));
  }
  return {};
}

}  // namespace

base::Result<ChatId> start_join(const WriteContext& write, const crypto::Invite& invite) {
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
  contact.blocked = false;  // to join somebody is to want to hear from them
  EDGE_CHECK(replace_older_joins(write, contact.id));
  EDGE_TRY(const std::int64_t route, new_route(write, invite.urls, invite.mailbox, deposit_token));
  if (!contact.route_id) contact.route_id = route;
  EDGE_CHECK(store::update_contact(write.scope, contact));
  EDGE_TRY(const store::ChatRow chat,
           ensure_single_chat(write.tx, write.scope, contact.id, store::ChatBlocked::no));

  EDGE_TRY(const Card card, make_card(write));
  EDGE_TRY(const std::int64_t join_id, write.tx.next_id(write.account.id, "pending_join"));
  EDGE_CHECK(admit(write, card.token, join_id));
  EDGE_TRY(const crypto::X25519Public inviter, invite.identity.to_x25519());
  crypto::HandshakeOptions options;
  options.static_key = &write.account.identity.x25519_secret();
  options.remote_static = inviter;
  options.psk = invite.secret.view();
  const base::Bytes bound = prologue(invite.identity);
  options.prologue = bound;
  EDGE_TRY(auto handshake, crypto::Handshake::start(crypto::NoisePattern::IKpsk2,
                                                    crypto::NoiseRole::initiator, options));
  EDGE_TRY(const base::Bytes message, handshake.write(encode(JoinRequest{invite.number, card})));

  PendingJoinRow join;
  join.id = join_id;
  join.role = JoinRole::joiner;
  join.tag = card.tag;
  join.contact = contact.id;
  join.route_id = route;
  join.created_at = write.tx.now();
  JoinerMemory memory;
  memory.handshake = handshake.save();
  EDGE_TRY(memory.older_sessions, store::live_sessions(write.scope, contact.id));
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
  wake_courier(write, route);
  EDGE_CHECK(write.emit(ContactsChanged{contact.id}));
  EDGE_CHECK(write.emit(ChatlistChanged{}));
  EDGE_CHECK(write.emit(SecurejoinJoinerProgress{contact.id, 200}));
  return chat.id;
}

base::Result<bool> answer_request(const WriteContext& write, std::int64_t invite_id,
                                  base::ByteView message) {
  const auto digest = crypto::blake2b<32>(message);
  EDGE_TRY(auto repeated, store::find_pending_join_by_digest(write.scope, digest));
  if (repeated) {
    EDGE_TRY(auto memory, decode_inviter_memory(repeated->memory));
    EDGE_CHECK(send_answer(write, *repeated, std::move(memory.answer)));
    return true;
  }
  EDGE_TRY(const auto invite, store::find_invite(write.scope, invite_id));
  if (!invite || invite->withdrawn) return false;

  crypto::HandshakeOptions options;
  options.static_key = &write.account.identity.x25519_secret();
  options.psk = invite->secret.view();
  const base::Bytes bound = prologue(write.account.identity.public_key());
  options.prologue = bound;
  EDGE_TRY(auto handshake, crypto::Handshake::start(crypto::NoisePattern::IKpsk2,
                                                    crypto::NoiseRole::responder, options));
  const auto payload = handshake.read(message);
  if (!payload) return false;
  const auto request = decode_join_request(*payload);
  if (!request || request->invite_number != invite->number) return false;
  // The card's identity must be the key that the handshake proved.
  const auto their_box = request->card.identity.to_x25519();
  if (!their_box || !handshake.remote_static() || *their_box != *handshake.remote_static()) {
    return false;
  }
  if (request->card.identity == write.account.identity.public_key()) return false;
  InviterMemory memory;
  EDGE_TRY(const auto known,
           store::find_contact_by_key(write.scope, request->card.identity.bytes()));
  if (known && known->blocked) return false;
  if (known) {
    EDGE_TRY(memory.older_sessions, store::live_sessions(write.scope, known->id));
  }
  EDGE_CHECK(make_room(write));

  const auto pair = crypto::RatchetKeyPair::generate();
  EDGE_TRY(const Card card, make_card(write));
  EDGE_TRY(const base::Bytes reply, handshake.write(encode(JoinAnswer{pair.public_key, card})));
  EDGE_TRY(const auto keys, handshake.split());

  PendingJoinRow join;
  EDGE_TRY(join.id, write.tx.next_id(write.account.id, "pending_join"));
  EDGE_CHECK(admit(write, card.token, join.id));
  store::SessionRow session;
  EDGE_TRY(session.id, write.tx.next_id(write.account.id, "session"));
  session.tag = card.tag;
  session.peer_tag = request->card.tag;
  session.peer_box = their_box->bytes;
  session.handshake_hash = handshake.handshake_hash();
  session.created_at = write.tx.now();
  session.ratchet = crypto::Ratchet::respond(handshake.handshake_hash(), keys, pair).save();
  EDGE_CHECK(store::insert_session(write.scope, session));

  join.role = JoinRole::inviter;
  join.digest = digest;
  join.invite_id = invite->id;
  join.session_id = session.id;
  EDGE_TRY(join.route_id,
           new_route(write, request->card.urls, request->card.mailbox, request->card.token));
  join.created_at = session.created_at;
  memory.card = request->card;
  EDGE_TRY(memory.answer,
           crypto::seal_envelope(*their_box, static_cast<std::uint8_t>(EnvelopeKind::join_answer),
                                 request->card.tag, reply));
  join.memory = encode_memory(memory);
  EDGE_CHECK(store::insert_pending_join(write.scope, join));
  EDGE_CHECK(send_answer(write, join, std::move(memory.answer)));
  return true;
}

base::Result<bool> complete_answer(const WriteContext& write, const Tag& tag,
                                   base::ByteView message) {
  EDGE_TRY(auto join, store::find_pending_join_by_tag(write.scope, tag));
  if (!join || join->role != JoinRole::joiner || join->state != store::JoinState::waiting ||
      !join->contact) {
    return false;
  }
  EDGE_TRY(auto memory, decode_joiner_memory(join->memory));
  EDGE_TRY(auto handshake, crypto::Handshake::load(memory.handshake));
  EDGE_TRY(store::ContactRow contact, store::load_contact(write.scope, *join->contact));
  const auto payload = handshake.read(message);
  const auto answer =
      payload ? decode_join_answer(*payload) : base::Result<JoinAnswer>(payload.error());
  // Only the inviter could deposit this (the token for it went out inside message 1), so what does
  // not open means that the secret differs, and no better answer will come.
  if (!answer) {
    EDGE_CHECK(join_failed(write, join->id,
                           "the inviter's answer does not fit the invite link: the link was "
                           "altered or is incomplete; ask for a new one"));
    return true;
  }
  if (base::to_bytes(base::ByteView(answer->card.identity.bytes())) != contact.key) {
    EDGE_CHECK(join_failed(write, join->id, "somebody else answered the invite"));
    return true;
  }
  EDGE_TRY(const auto keys, handshake.split());
  const auto ratchet =
      crypto::Ratchet::initiate(handshake.handshake_hash(), keys, answer->ratchet_key);
  if (!ratchet) {
    EDGE_CHECK(join_failed(write, join->id, "the inviter's answer is not usable"));
    return true;
  }
  store::SessionRow session;
  EDGE_TRY(session.id, write.tx.next_id(write.account.id, "session"));
  session.contact = contact.id;
  session.tag = tag;
  session.peer_tag = answer->card.tag;
  EDGE_TRY(const auto their_box, answer->card.identity.to_x25519());
  session.peer_box = their_box.bytes;
  session.handshake_hash = handshake.handshake_hash();
  session.state = store::SessionState::live;
  session.created_at = write.tx.now();
  session.ratchet = ratchet->save();
  EDGE_CHECK(store::insert_session(write.scope, session));
  EDGE_CHECK(store::supersede_sessions(write.scope, memory.older_sessions));

  EDGE_CHECK(store::update_route(write.scope, {join->route_id, answer->card.urls,
                                               answer->card.mailbox, answer->card.token.bytes}));
  EDGE_CHECK(switch_route(write, contact, join->route_id));
  apply_card(contact, answer->card, write.tx.now());
  EDGE_CHECK(store::update_contact(write.scope, contact));

  join->state = store::JoinState::answered;
  join->session_id = session.id;
  join->memory.clear();
  EDGE_CHECK(store::update_pending_join(write.scope, *join));
  EDGE_TRY(const bool unnoted, store::delete_outbox_of_join(write.scope, join->id));
  EDGE_TRY(const store::ChatRow chat,
           ensure_single_chat(write.tx, write.scope, contact.id, store::ChatBlocked::no));
  EDGE_CHECK(announce_session(write, contact, chat));
  // The answer may be here before the news that the request was deposited.
  if (unnoted) EDGE_CHECK(write.emit(SecurejoinJoinerProgress{contact.id, 400}));
  EDGE_CHECK(write.emit(SecurejoinJoinerProgress{contact.id, 600}));
  EDGE_CHECK(queue_hello(write, contact.id, session, join->id));
  EDGE_CHECK(release_waiting(write, contact.id));
  return true;
}

base::Result<> prove_joiner(const WriteContext& write, store::SessionRow& session) {
  EDGE_TRY(const auto join, store::find_pending_join_by_session(write.scope, session.id));
  if (!join) return fail(Errc::corrupt, "an unproven session without its join");
  EDGE_TRY(const auto memory, decode_inviter_memory(join->memory));
  EDGE_TRY(store::ContactRow contact,
           contact_for(write, memory.card.identity, memory.card.addr, memory.card.name));
  EDGE_CHECK(switch_route(write, contact, join->route_id));
  apply_card(contact, memory.card, write.tx.now());
  EDGE_CHECK(store::update_contact(write.scope, contact));

  session.contact = contact.id;
  session.state = store::SessionState::live;
  EDGE_CHECK(store::update_session(write.scope, session));
  EDGE_CHECK(store::supersede_sessions(write.scope, memory.older_sessions));
  EDGE_CHECK(store::delete_outbox_of_join(write.scope, join->id));
  EDGE_CHECK(drop_join(write, *join, false));
  EDGE_TRY(const store::ChatRow chat,
           ensure_single_chat(write.tx, write.scope, contact.id, store::ChatBlocked::no));
  EDGE_CHECK(announce_session(write, contact, chat));
  EDGE_CHECK(write.emit(SecurejoinInviterProgress{contact.id, 1000}));
  return release_waiting(write, contact.id);
}

base::Result<> join_requested(const WriteContext& write, std::int64_t join_id) {
  EDGE_TRY(const auto join, store::find_pending_join(write.scope, join_id));
  if (!join || join->state != store::JoinState::waiting || !join->contact) return {};
  return write.emit(SecurejoinJoinerProgress{*join->contact, 400});
}

base::Result<> join_confirmed(const WriteContext& write, std::int64_t join_id) {
  EDGE_TRY(const auto join, store::find_pending_join(write.scope, join_id));
  if (!join || !join->contact) return {};
  EDGE_CHECK(drop_join(write, *join, false));
  return write.emit(SecurejoinJoinerProgress{*join->contact, 1000});
}

base::Result<> join_failed(const WriteContext& write, std::int64_t join_id,
                           const std::string& why) {
  EDGE_TRY(const auto join, store::find_pending_join(write.scope, join_id));
  if (!join || !join->contact) return {};
  EDGE_CHECK(store::delete_outbox_of_join(write.scope, join_id));
  EDGE_CHECK(drop_join(write, *join, false));
  EDGE_TRY(const auto chat, store::find_chat_by_contact(write.scope, *join->contact));
  if (chat) {
    EDGE_CHECK(add_info_message(write.tx, write.scope, chat->id, SystemMessage::securejoin,
                                "Joining failed: " + why + ".", *join->contact));
  }
  EDGE_CHECK(write.emit(Error{"Joining failed: " + why + "."}));
  return write.emit(SecurejoinJoinerProgress{*join->contact, 0});
}

base::Result<> expire_joins(const WriteContext& write, UnixMillis now) {
  for (const JoinRole role : {JoinRole::joiner, JoinRole::inviter}) {
    EDGE_TRY(const auto ids, store::pending_joins_of_role(write.scope, role));
    for (const std::int64_t id : ids) {
      EDGE_TRY(const auto join, store::find_pending_join(write.scope, id));
      if (!join || join->created_at > now - kJoinLifetime) continue;
      if (role == JoinRole::inviter) {
        EDGE_CHECK(forget_stranger(write, *join));
      } else if (join->state == store::JoinState::waiting) {
        EDGE_CHECK(join_failed(write, id, "the inviter did not answer in 14 days"));
      }
    }
  }
  return {};
}

}  // namespace messaging
