// Composes the mails of a turn: what the outbox holds as a content or a step of a join becomes
// sealed mails with their recipients. On a worker's thread, from a snapshot; nothing is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/core.h"
#include "messaging/mail/group_introductions.h"
#include "messaging/mail/mail_load.h"
#include "messaging/mail/mail_transport.h"
#include "messaging/mail/own_keys.h"

namespace messaging::mail {

// A contact that a mail is for, and its addresses.
struct MailTarget {
  base::ContactId contact;
  std::vector<std::string> addresses;
};

struct Composed {
  std::vector<Mail> mails;  // in order; empty: mails cannot carry this, and nothing is to be sent
  std::vector<MailTarget> targets;  // none for a step of a join, which goes to its own addresses
  std::vector<std::string> to;      // the recipients of each mail
  // The number of our profile picture, or of its removal, if the mails carry it.
  std::optional<std::int64_t> avatar_number = {};
  // Message-IDs of the mails, which our key opens too: whoever was sent one may send it back.
  std::vector<std::string> ids;
};

// Errc::unavailable and Errc::internal are temporary; any other error is permanent.
base::Result<Composed> compose(kernel::Core& core, AccountId account, const MailLoad& load,
                               const OwnKey& own, const std::string& from,
                               GroupIntroductions& introductions);

}  // namespace messaging::mail
