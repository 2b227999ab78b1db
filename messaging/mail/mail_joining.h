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
// mail_inviter.h and mail_joiner.h have a role each; here a step that arrives finds its role.
// Invites and joins under way are kept in the tables of the gateways' own (an account speaks one
// protocol). Functions with a WriteContext run in the writer's transaction; what a stranger causes
// is refused silently.
#pragma once

#include <vector>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_opener.h"
#include "messaging/mail/own_keys.h"

namespace messaging::mail {

// The passphrases that may have sealed a mail to this account.
base::Result<std::vector<JoinSecret>> join_secrets(const store::Scope& scope, const OwnKey& own);

// A step of a join arrived.
base::Result<> take_join_step(const kernel::WriteContext& write, const OwnKey& own,
                              const OpenedMail& opened);
// A step that another device of ours sent: whose key it verified is verified here too, and what it
// asks to join is expected here as well.
base::Result<> take_own_join_step(const kernel::WriteContext& write, const OpenedMail& opened);

}  // namespace messaging::mail
