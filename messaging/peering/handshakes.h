// Handshakes: what joins (messaging/peering/joining.h) and sessions between known identities
// (messaging/peering/renewal.h) have in common: the peer's row, the answer that may be asked for
// again, the bound on unproven strangers, and the session that comes out. In the writer's
// transaction.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
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

// Of one invite or introduction. One that was begun within kFresh is never evicted by others.
inline constexpr std::int64_t kMaxPendingAnswers = 256;
inline constexpr base::Millis kFresh = 10 * 60 * base::Millis{1000};
inline constexpr base::Millis kHandshakeLifetime = 14 * 24 * 3600 * base::Millis{1000};

// The contact with this key, made (known, unverified) when there is none.
base::Result<store::ContactRow> contact_for(const kernel::WriteContext& write,
                                            const crypto::PublicKey& key, const std::string& addr,
                                            const std::string& name);
// What the card says of its owner.
void apply_card(store::ContactRow& contact, const Card& card, UnixMillis now);

// Message 1, decoded, of a handshake that we answer.
struct Question {
  store::JoinRole role = store::JoinRole::inviter;
  std::array<std::uint8_t, 32> digest{};
  std::int64_t invite_id =
      0;  // or the chat of the group that introduces; 0: the contact's own token
  std::optional<ContactId> contact;
  Card card;
  Heard heard;
  Generation generation = 1;  // proposed
};
// Message 2's payload is made from our card, the new ratchet key and the session's generation.
using AnswerPayload = base::Bytes (*)(const crypto::X25519Public& ratchet_key, const Card& ours,
                                      const Heard& heard, Generation generation);

// What we propose or answer: a generation after all that we had with this contact.
base::Result<Generation> next_generation(const kernel::WriteContext& write, ContactId contact);

// Whether one more who asks has room beside those of the same invite or introduction.
base::Result<bool> has_room(const store::Scope& scope, store::JoinRole role, std::int64_t invite_id,
                            UnixMillis now);

// Answers: an unproven session, a route of its own to the asker, and message 2 in the outbox.
// False: there was no room.
base::Result<bool> answer_question(const kernel::WriteContext& write, Question question,
                                   crypto::Handshake& handshake, AnswerPayload payload,
                                   const Heard& heard);
// Sends the stored answer once more, unless the handshake is done; false when this message 1 was
// never answered.
base::Result<bool> repeat_answer(const kernel::WriteContext& write,
                                 const std::array<std::uint8_t, 32>& digest);

// Message 2 opened: our session, live, and what the contact is reached by from now on. Sessions of
// an older generation are superseded, this one too where a later one came to be meanwhile.
base::Result<store::SessionRow> take_answer(const kernel::WriteContext& write,
                                            const store::PendingJoinRow& pending, const Card& card,
                                            Generation generation, const crypto::Ratchet& ratchet,
                                            const std::array<std::uint8_t, 32>& handshake_hash,
                                            store::ContactRow& contact);

// The first ratchet message of an unproven session opened: the contact is reached by its card, the
// session is live, those of an older generation are superseded. Answers with the contact.
base::Result<store::ContactRow> take_proof(const kernel::WriteContext& write,
                                           const store::PendingJoinRow& pending,
                                           const AnswererMemory& memory, store::SessionRow& session,
                                           bool verified);

// An asker that will never prove itself takes everything made for it along.
base::Result<> forget_asker(const kernel::WriteContext& write,
                            const store::PendingJoinRow& pending);

}  // namespace messaging::peering
