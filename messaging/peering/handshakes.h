// Handshakes: the steps that joins (messaging/peering/joining.h) and session renewals
// (messaging/peering/renewal.h) share: the peer's row, the stored answer for retransmissions, the
// bound on unproven strangers, and the resulting session. In the writer's transaction.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/result.h"
#include "crypto/envelope.h"
#include "crypto/noise.h"
#include "crypto/ratchet.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"
#include "messaging/model/types.h"
#include "messaging/peering/handshake_memory.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_joins.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

// Per invite or introduction. A handshake that began within kFresh is never evicted by others.
inline constexpr std::int64_t kMaxPendingAnswers = 256;
inline constexpr base::Millis kFresh = 10 * 60 * base::Millis{1000};
inline constexpr base::Millis kHandshakeLifetime = 14 * 24 * 3600 * base::Millis{1000};

// Finds the contact with this key, or creates it (known, unverified).
base::Result<store::ContactRow> contact_for(const kernel::WriteContext& write,
                                            const crypto::PublicKey& key, const std::string& addr,
                                            const std::string& name);
// Copies the card's profile into the contact.
void apply_card(store::ContactRow& contact, const Card& card, UnixMillis now);

// What message 2 of ours needs besides its payload: message 1 is read, and every key agreement is
// made, outside of the writer. For one answer.
struct ReadyReply {
  crypto::Handshake handshake;
  crypto::RatchetKeyPair ratchet_key;
  crypto::EnvelopeSealer sealer;
};
// Any thread.
base::Result<ReadyReply> make_ready(crypto::Handshake handshake);

// Message 2 of a peer's, opened outside of the writer, with our side of the session that it makes.
struct OpenedAnswer {
  std::int64_t pending_id = 0;  // of our request
  Card card;
  LastReceived last_received;
  Generation generation = 1;
  crypto::X25519Public peer_box;
  crypto::Ratchet ratchet;
  std::array<std::uint8_t, 32> handshake_hash{};
};
// Any thread. nullopt: the keys are not usable. `handshake` has read message 2.
std::optional<OpenedAnswer> take_keys(std::int64_t pending_id, const crypto::Handshake& handshake,
                                      const crypto::X25519Public& ratchet_key, Card card,
                                      const LastReceived& last_received, Generation generation);

// Message 1, decoded, of a handshake that we answer.
struct Question {
  store::JoinRole role = store::JoinRole::inviter;
  std::array<std::uint8_t, 32> digest{};
  // Or the chat of the group that introduces; store::kCardOwner; 0: the contact's own token.
  std::int64_t invite_id = 0;
  std::optional<ContactId> contact;
  Card card;
  LastReceived last_received;
  Generation generation = 1;  // proposed
};
// Message 2's payload is made from our card, the new ratchet key and the session's generation.
using AnswerPayload = base::Bytes (*)(const crypto::X25519Public& ratchet_key, const Card& ours,
                                      const LastReceived& last_received, Generation generation);

// The generation to propose or answer: higher than any before with this contact.
base::Result<Generation> next_generation(const kernel::WriteContext& write, ContactId contact);

// Whether the invite or introduction has room for one more pending request.
base::Result<bool> has_room(const store::Scope& scope, store::JoinRole role, std::int64_t invite_id,
                            UnixMillis now);

// Creates an unproven session and a route to the requester, and queues message 2. False: there was
// no room.
base::Result<bool> answer_question(const kernel::WriteContext& write, Question question,
                                   ReadyReply& reply, AnswerPayload payload,
                                   const LastReceived& last_received);
// Sends the stored answer again, unless the handshake is complete. False: this message 1 was never
// answered.
base::Result<bool> repeat_answer(const kernel::WriteContext& write,
                                 const std::array<std::uint8_t, 32>& digest);

// Message 2 answers this request: creates the live session and switches the contact's route.
// Sessions of older generations are superseded; so is this one if a later generation exists by now.
base::Result<store::SessionRow> take_answer(const kernel::WriteContext& write,
                                            const store::PendingJoinRow& pending,
                                            const OpenedAnswer& answer, store::ContactRow& contact);

// The first ratchet message of an unproven session was opened: switches to the route of the card,
// makes the session live, and supersedes sessions of older generations. Returns the contact.
base::Result<store::ContactRow> take_proof(const kernel::WriteContext& write,
                                           const store::PendingJoinRow& pending,
                                           const AnswererMemory& memory, store::SessionRow& session,
                                           bool verified);

// Deletes a pending request together with its session, route and answer.
base::Result<> forget_asker(const kernel::WriteContext& write,
                            const store::PendingJoinRow& pending);

}  // namespace messaging::peering
