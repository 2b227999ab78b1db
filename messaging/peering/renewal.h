// Renewal: sessions between known identities by Noise_IK, for a contact whose session is missing,
// fails or was restored from an old copy, and for members of a group who never joined each other
// (decisions 9 and 11; docs/protocol.md, "Session renewal").
//
//   initiator                                responder
//   begin_session: message 1 ->              answer_session_request: message 2, an unproven session
//   complete_session_answer: the session <-
//     lives, a Hello ->                      prove_initiator: the session lives
//
// Messages wait in the outbox meanwhile; then all that was not acknowledged end to end is encrypted
// (again) in the new session under its uuid. When both begin at once two sessions live: both send
// on the one with the smaller handshake hash and receive on both.
//
// Every function runs in the writer's transaction. Refusals that somebody else causes are silent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/noise.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"
#include "messaging/model/types.h"
#include "store/tables/deposit_tokens.h"
#include "store/tables/pending_joins.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

// After this time without an answer a session is asked for again.
inline constexpr base::Millis kRenewalPatience = 10 * 60 * base::Millis{1000};

// What still comes on older sessions in this time after a renewal is late, no sign of another
// fault.
inline constexpr base::Millis kStragglersComeFor = 30 * base::Millis{1000};

// How a member of a group is reached before there is a session: its group's introduction token
// (store::TokenPurpose::introduction at the member's side) admits session requests.
struct Introduction {
  std::vector<std::string> urls;  // 1 to 3
  std::string mailbox;
  DepositToken token;
  base::Bytes group;  // the group's id: 1 to kMaxGroupId bytes
};

// True: there is a session to send on. Else one is begun, unless that is under way or is refused
// for now (too many, a blocked contact, nobody knows where the contact is reached). With an
// introduction a contact that has no route gets one, so that messages to it can be queued.
base::Result<bool> ensure_session(const kernel::WriteContext& write, ContactId contact,
                                  const Introduction* introduction = nullptr);

// What is under way with this contact is asked for now: its session is missing or fails.
base::Result<> begin_session(const kernel::WriteContext& write, ContactId contact,
                             const Introduction* introduction = nullptr);

// The same when something came on a session that is not the present one, or without its file: for a
// moment after a renewal that is only late. Then it is looked at again, and nothing is asked for if
// `message`, which could not be taken, came meanwhile.
base::Result<> renew_unless_new(const kernel::WriteContext& write, ContactId contact,
                                const std::optional<Uuid>& message = {});

// The contact's mailbox refuses our deposits: what is encrypted waits behind a request for a new
// session, which an old token still admits.
base::Result<> renew_refused(const kernel::WriteContext& write, ContactId contact);

// Message 1, opened: the agreements of its handshake need no database, so they are not made while
// others wait. Whether the request is one that we answer is judged later.
struct OpenedSessionRequest {
  base::Bytes group;
  crypto::Handshake handshake;
  SessionRequest request;
};
// Any thread. Nothing when it does not open.
std::optional<OpenedSessionRequest> open_session_request(const kernel::AccountState& account,
                                                         const store::DepositTokenRow& token,
                                                         base::ByteView body);
// Message 1, deposited with `token`. False: not ours to answer. What was not opened (there were too
// many) is answered when it is a repetition.
base::Result<bool> answer_session_request(const kernel::WriteContext& write,
                                          const store::DepositTokenRow& token, base::ByteView body,
                                          std::optional<OpenedSessionRequest> opened);

// Message 2. False: nothing of ours waits under this tag, or it does not open.
base::Result<bool> complete_session_answer(const kernel::WriteContext& write, const Tag& tag,
                                           base::ByteView message);

// The first ratchet message of an unproven session of a responder opened.
base::Result<> prove_initiator(const kernel::WriteContext& write,
                               const store::PendingJoinRow& pending, store::SessionRow& session);

// Requests that nobody answered, askers who never proved themselves, tokens retired long ago.
base::Result<> expire_renewals(const kernel::WriteContext& write, UnixMillis now);
// Asks for the sessions that rows of the outbox wait for, and for those whose renewal was postponed
// (postponed_renewals.h).
base::Result<> retry_renewals(const kernel::WriteContext& write);

}  // namespace messaging::peering
