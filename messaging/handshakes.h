// Handshakes: what joins (messaging/joining.h) and sessions between known identities
// (messaging/renewal.h) have in common: the peer's row, the answer that may be asked for again, the
// bound on unproven strangers, and the session that comes out. In the writer's transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/noise.h"
#include "crypto/ratchet.h"
#include "messaging/card.h"
#include "messaging/handshake_memory.h"
#include "messaging/write_context.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_joins.h"
#include "store/tables/sessions.h"

namespace messaging {

inline constexpr std::size_t kMaxPendingAnswers = 100;  // of each kind, per account
inline constexpr base::Millis kHandshakeLifetime = 14 * 24 * 3600 * base::Millis{1000};

// The contact with this key, made (known, unverified) when there is none.
base::Result<store::ContactRow> contact_for(const WriteContext& write, const crypto::PublicKey& key,
                                            const std::string& addr, const std::string& name);
// What the card says of its owner.
void apply_card(store::ContactRow& contact, const Card& card, UnixMillis now);

// Message 1, decoded, of a handshake that we answer.
struct Question {
  store::JoinRole role = store::JoinRole::inviter;
  std::array<std::uint8_t, 32> digest{};
  std::int64_t invite_id = 0;
  std::optional<ContactId> contact;
  Card card;
  Heard heard;
};
// Message 2's payload is made from our card and the new ratchet key.
using AnswerPayload = base::Bytes (*)(const crypto::X25519Public& ratchet_key, const Card& ours,
                                      const Heard& heard);
// Answers: an unproven session, a route of its own to the asker, and message 2 in the outbox.
base::Result<> answer_question(const WriteContext& write, Question question,
                               crypto::Handshake& handshake, AnswerPayload payload,
                               const Heard& heard);
// Sends the stored answer once more; false when this message 1 was never answered.
base::Result<bool> repeat_answer(const WriteContext& write,
                                 const std::array<std::uint8_t, 32>& digest);

// Message 2 opened: our session, live, and what the contact is reached by from now on. Older
// sessions are superseded.
base::Result<store::SessionRow> take_answer(const WriteContext& write,
                                            const store::PendingJoinRow& pending,
                                            const BeginnerMemory& memory, const Card& card,
                                            const crypto::Ratchet& ratchet,
                                            const std::array<std::uint8_t, 32>& handshake_hash,
                                            store::ContactRow& contact);

// The first ratchet message of an unproven session opened: the contact is reached by its card, the
// session is live, older ones are superseded. Answers with the contact.
base::Result<store::ContactRow> take_proof(const WriteContext& write,
                                           const store::PendingJoinRow& pending,
                                           const AnswererMemory& memory, store::SessionRow& session,
                                           bool verified);

// An asker that will never prove itself takes everything made for it along.
base::Result<> forget_asker(const WriteContext& write, const store::PendingJoinRow& pending);

}  // namespace messaging
