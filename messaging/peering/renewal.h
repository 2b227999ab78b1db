// Renewal: new sessions between known identities by Noise_IK: for a contact whose session is
// missing, does not open or was restored from an older copy, and for members of a group who never
// joined each other (decisions 9 and 11; docs/protocol.md, "Session renewal").
//
//   initiator                                responder
//   begin_session: message 1 ->              answer_session_request: message 2, an unproven session
//   complete_session_answer: the session <-
//     lives, a Hello ->                      prove_initiator: the session lives
//
// Messages wait in the outbox meanwhile; then every message without a receipt is encrypted (again)
// in the new session, under its old uuid. When both sides begin at once there are two live
// sessions: both sides send on the one with the smaller handshake hash and receive on both.
//
// Every function but open_…() runs in the writer's transaction. Refusals that a peer causes are
// silent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"
#include "messaging/model/types.h"
#include "messaging/peering/handshakes.h"
#include "store/tables/deposit_tokens.h"
#include "store/tables/pending_joins.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

// After this time without an answer a session is requested again.
inline constexpr base::Millis kRenewalPatience = 10 * 60 * base::Millis{1000};

// Messages that arrive on older sessions within this time after a renewal are merely late and
// indicate no fault.
inline constexpr base::Millis kStragglersComeFor = 30 * base::Millis{1000};

// How a member of a group is reached before there is a session: the group's introduction token
// (store::TokenPurpose::introduction at the member's side) allows session requests.
struct Introduction {
  std::vector<std::string> urls;  // 1 to 3
  std::string mailbox;
  DepositToken token;
  base::Bytes group;  // the group's id: 1 to kMaxGroupId bytes
};

// True: there is a session to send on. Otherwise begins one, unless a request is under way or is
// refused for now (over the budget, contact blocked, no known address). With an introduction a
// contact without a route gets one, so that messages to it can be queued.
base::Result<bool> ensure_session(const kernel::WriteContext& write, ContactId contact,
                                  const Introduction* introduction = nullptr);

// Requests a new session now, because the contact's session is missing or does not open.
base::Result<> begin_session(const kernel::WriteContext& write, ContactId contact,
                             const Introduction* introduction = nullptr);

// The same after a message on an older session, or one without its file. Shortly after a renewal
// such a message is merely late: the renewal is postponed, and dropped if `message`, which could
// not be applied, has arrived by then.
base::Result<> renew_unless_new(const kernel::WriteContext& write, ContactId contact,
                                const std::optional<Uuid>& message = {});

// The contact's mailbox refuses our deposits: holds the encrypted rows behind a request for a new
// session, for which an old token is still accepted.
base::Result<> renew_refused(const kernel::WriteContext& write, ContactId contact);

// Message 1, opened outside of the writer, because the key agreements need no database. Whether the
// request is answered is decided in the write.
struct OpenedSessionRequest {
  base::Bytes group;
  ReadyReply reply;
  SessionRequest request;
};
// Any thread. nullopt: the message does not open.
std::optional<OpenedSessionRequest> open_session_request(const kernel::AccountState& account,
                                                         const store::DepositTokenRow& token,
                                                         base::ByteView body);
// Message 1, deposited with `token`. False: the request is refused. A request that was not opened
// (over the budget) is answered only if it is a retransmission.
base::Result<bool> answer_session_request(const kernel::WriteContext& write,
                                          const store::DepositTokenRow& token, base::ByteView body,
                                          std::optional<OpenedSessionRequest>& opened);

// Message 2, read on any thread. nullopt: no request of ours has this tag, or the message does not
// open. Fails when the database does, or our record of the request does not open.
base::Result<std::optional<OpenedAnswer>> open_session_answer(const store::Scope& scope,
                                                              const Tag& tag,
                                                              base::ByteView message);
// False: it answers no request of ours.
base::Result<bool> complete_session_answer(const kernel::WriteContext& write, const Tag& tag,
                                           const std::optional<OpenedAnswer>& answer);

// The first ratchet message of a responder's unproven session was opened.
base::Result<> prove_initiator(const kernel::WriteContext& write,
                               const store::PendingJoinRow& pending, store::SessionRow& session);

// Deletes expired requests without an answer, requesters who never proved themselves, and tokens
// retired long ago.
base::Result<> expire_renewals(const kernel::WriteContext& write, UnixMillis now);
// Asks for the sessions that rows of the outbox wait for, and for those whose renewal was postponed
// (postponed_renewals.h).
base::Result<> retry_renewals(const kernel::WriteContext& write);

}  // namespace messaging::peering
