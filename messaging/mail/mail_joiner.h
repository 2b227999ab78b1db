// The joiner of a join by mail (mail_joining.h): joins under way, and the inviter's answers.
// In the writer's transaction. What a stranger causes is refused silently.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_opener.h"
#include "messaging/mail/own_keys.h"
#include "messaging/model/types.h"

namespace messaging::mail {

// Returns the chat with the inviter; events report the progress.
base::Result<ChatId> start_mail_join(const kernel::WriteContext& write, const std::string& link);

// The passphrases by which inviters seal their answers.
base::Result<std::vector<JoinSecret>> pending_join_secrets(const store::Scope& scope);

// The inviter's key: by the passphrase in version 3, to our key in version 2.
base::Result<> take_inviters_key(const kernel::WriteContext& write, const OpenedMail& opened);
// The inviter has verified our key: the join is complete.
base::Result<> take_confirmation(const kernel::WriteContext& write, const OwnKey& own,
                                 const OpenedMail& opened);

// Another device of ours asked the contact to join: `group` is the id of a group, "" of none. Core's
// devices name a group but no channel.
base::Result<> expect_elsewhere(const kernel::WriteContext& write, const store::ContactRow& contact,
                                const std::string& group);
// Whether another device of ours asked this contact to join the channel.
base::Result<bool> is_joined_elsewhere(const store::Scope& scope, ContactId contact,
                                       std::string_view channel);

// A server refused a step of ours for good.
base::Result<> step_refused(const kernel::WriteContext& write, std::int64_t join_id,
                            const std::string& why);
// Ends the joins that nobody answered in 14 days.
base::Result<> expire_mail_joins(const kernel::WriteContext& write, UnixMillis now);

}  // namespace messaging::mail
