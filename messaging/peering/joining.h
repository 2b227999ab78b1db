// Joining: the handshake behind secure join, step by step (decision 8, docs/protocol.md "Join").
//
//   joiner                                   inviter
//   start_join: message 1, progress 200 ->
//   (deposited: progress 400)                answer_request: message 2, an unproven session
//   complete_answer: the session lives, <-
//     progress 600, message 3 (Hello) ->     prove_joiner: contact, chat, progress 1000
//   (acknowledged: progress 1000)        <-
//
// Every function but open_…() runs in the writer's transaction. A refusal that a stranger causes is
// silent
// (`false` or nothing) and never an error, which would undo the batch.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "crypto/invite.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"
#include "messaging/model/types.h"
#include "messaging/peering/handshakes.h"
#include "store/tables/pending_joins.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

// A request that was deposited and not answered is sent again after this time: the inviter may have
// given up its answer.
inline constexpr base::Millis kAskAgainAfter = 3600 * base::Millis{1000};

base::Result<ChatId> start_join(const kernel::WriteContext& write, const crypto::Invite& invite);

// Message 1 for one of our invites, read on any thread; `invite_id` is the invite whose token was
// used. nullopt: it does not open, or the invite is no longer there. Fails when the database does.
struct OpenedJoinRequest {
  ReadyReply reply;
  JoinRequest request;
};
base::Result<std::optional<OpenedJoinRequest>> open_join_request(
    const kernel::AccountState& account, const store::Scope& scope, std::int64_t invite_id,
    base::ByteView message);
// True: it was answered (again). False: the request is refused.
base::Result<bool> answer_request(const kernel::WriteContext& write, std::int64_t invite_id,
                                  base::ByteView message, std::optional<OpenedJoinRequest>& opened);

// Message 2 for one of our joins, read on any thread. nullopt: no join has this tag, or the message
// does not open. Fails when the database does, or our record of the join does not open.
base::Result<std::optional<OpenedAnswer>> open_answer(const store::Scope& scope, const Tag& tag,
                                                      base::ByteView message);
// False: no join has this tag.
base::Result<bool> complete_answer(const kernel::WriteContext& write, const Tag& tag,
                                   const std::optional<OpenedAnswer>& answer);

// The first ratchet message of an unproven session was opened. Returns the contact that joined; the
// caller performs the invite's purpose.
base::Result<ContactId> prove_joiner(const kernel::WriteContext& write,
                                     const store::PendingJoinRow& join, store::SessionRow& session);

base::Result<> join_requested(const kernel::WriteContext& write,
                              std::int64_t join_id);  // deposited
base::Result<> join_confirmed(const kernel::WriteContext& write,
                              std::int64_t join_id);  // Hello acknowledged
// A message of the inviter was opened, which completes the join: its end is reported before the
// message.
base::Result<> join_message_opened(const kernel::WriteContext& write,
                                   const store::SessionRow& session);
base::Result<> join_failed(const kernel::WriteContext& write, std::int64_t join_id,
                           const std::string& why);
// Ends joins that nobody answered in kHandshakeLifetime.
base::Result<> expire_joins(const kernel::WriteContext& write, UnixMillis now);

}  // namespace messaging::peering
