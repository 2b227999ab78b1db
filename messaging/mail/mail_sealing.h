// Seals a ChatMail into the text of a mail: encrypted to keys, or by a passphrase.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/mail/form/chat_mail.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/own_keys.h"

namespace messaging::mail {

struct SealOptions {
  std::int64_t now = 0;   // Unix seconds
  bool compress = false;  // not where the size would leak secrets in the mail
};

// To our own key and those of the recipients, signed by ours.
base::Result<base::Bytes> seal_by_keys(const ChatMail& mail, const OwnKey& own,
                                       const std::vector<const Certificate*>& recipients,
                                       SealOptions options);
// `signer`: our own key; null: unsigned.
base::Result<base::Bytes> seal_by_passphrase(const ChatMail& mail, base::ByteView passphrase,
                                             const OwnKey* signer, SealOptions options);

}  // namespace messaging::mail
