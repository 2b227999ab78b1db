// Applies opened mails in the writer's transaction: finds or creates the contact with the signer's
// fingerprint, and passes the mail's contents to apply_content().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_opener.h"
#include "messaging/mail/mail_transport.h"
#include "messaging/mail/own_keys.h"
#include "store/blobs.h"

namespace messaging::mail {

struct Arrival {
  LineKey line;
  MailPlace place;
  std::string message_id;
  OpenedMail opened;
  // The mail's files, sealed on the disk: MailText::file, if there is one, then more_files.
  std::vector<store::BlobInfo> files;
  // Sealed too, if they are pictures: ChatMail::avatar and MailGroup::image.
  std::optional<store::BlobInfo> avatar = {};
  std::optional<store::BlobInfo> group_image = {};
};

struct Applied {
  MailTaken taken = MailTaken::taken;
  std::vector<std::string> kept;  // names of files that messages have now
};

// Without effect for a mail that was taken before.
base::Result<Applied> apply_mail(const kernel::WriteContext& write, const OwnKey& own,
                                 const Arrival& arrival);

}  // namespace messaging::mail
