// Joining by mail: SecureJoin as Delta Chat speaks it, in both roles, versions 3 and 2.
//
//   joiner                                        inviter
//   start_mail_join: vc-request-pubkey ->           sealed by the invite's passphrase, unsigned
//     (version 2: vc-request in the clear)
//                                              <- vc-pubkey: by the passphrase, signed
//     (version 2: vc-auth-required, to the joiner's key)
//   the inviter's key is the invite's: verified
//   vc-request-with-auth ->                         to the key, signed: the joiner is verified
//                                              <- vc-contact-confirm, or vg-member-added
//   progress 1000                                   progress 1000
//
// Invites and joins under way are kept in the tables of the gateways' own (an account speaks one
// protocol). Functions with a WriteContext run in the writer's transaction; what a stranger causes
// is refused silently.
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
// Returns the chat with the inviter; events report the progress.
base::Result<ChatId> start_mail_join(const kernel::WriteContext& write, const std::string& link);

// The passphrases that may have sealed a mail to this account.
base::Result<std::vector<JoinSecret>> join_secrets(const store::Scope& scope, const OwnKey& own);

// Tells a member of our group or channel that it is one, with the channel's secret: one who joins
// again as it does not know, or whose channel had none before.
base::Result<> queue_welcome(const kernel::WriteContext& write, const GroupId& group,
                             ContactId member, const std::string& addr);

// A step of a join arrived.
base::Result<> take_join_step(const kernel::WriteContext& write, const OwnKey& own,
                              const OpenedMail& opened);
// A step that another device of ours sent: whose key it verified is verified here too, and what it
// asks to be let in to is waited for here as well.
base::Result<> take_own_join_step(const kernel::WriteContext& write, const OpenedMail& opened);
// Whether another device of ours asked this contact to be let in to the channel.
base::Result<bool> is_joined_elsewhere(const store::Scope& scope, ContactId contact,
                                       std::string_view channel);
// A server refused a step of ours for good.
base::Result<> step_refused(const kernel::WriteContext& write, std::int64_t join_id,
                            const std::string& why);
// Joins that nobody answered for long.
base::Result<> expire_mail_joins(const kernel::WriteContext& write, UnixMillis now);

}  // namespace messaging::mail
