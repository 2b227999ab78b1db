// The inviter of a join by mail (mail_joining.h): its invites, and its answers to a joiner's steps.
// In the writer's transaction. What a stranger causes is refused silently.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_opener.h"
#include "messaging/mail/own_keys.h"
#include "messaging/model/types.h"

namespace messaging::mail {

// The link of the account's or a group's live invite, which is made when there is none.
base::Result<std::string> mail_invite_link(const kernel::WriteContext& write,
                                           std::optional<ChatId> chat);
// Withdraws a live one of our own, revives a withdrawn one.
base::Result<> toggle_mail_invite(const kernel::WriteContext& write, const std::string& link);

// The passphrases by which joiners seal their first step.
base::Result<std::vector<JoinSecret>> invite_secrets(const store::Scope& scope, const OwnKey& own);

// Queues a mail that says to a member of our group or channel that it is one, with the channel's
// secret: for one who joins again because it does not know, or whose channel had no secret before.
base::Result<> queue_welcome(const kernel::WriteContext& write, const GroupId& group,
                             ContactId member, const std::string& addr);

// Version 3: "vc-request-pubkey".
base::Result<> take_request_pubkey(const kernel::WriteContext& write, const OwnKey& own,
                                   const OpenedMail& opened);
// Version 2: "vc-request".
base::Result<> take_plain_request(const kernel::WriteContext& write, const OpenedMail& opened);
// "vc-request-with-auth": the joiner's key is proven.
base::Result<> take_request_with_auth(const kernel::WriteContext& write, const OwnKey& own,
                                      const OpenedMail& opened);

}  // namespace messaging::mail
