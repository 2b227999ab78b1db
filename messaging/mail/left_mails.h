// Mails that are left on a server: those with the file of a message that are over the account's
// download limit, and those over kLargestMail. The message, whose text comes by another mail, shows
// that its file can be downloaded, or why not.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_transport.h"
#include "messaging/model/types.h"
#include "store/tables/mail_left.h"
#include "store/tables/messages.h"

namespace messaging::mail {

// Bytes of a mail with a file; 0: none. The setting download_limit; small ones count as 160 KiB, as
// with Delta Chat.
base::Result<std::uint64_t> download_limit(const store::Scope& scope);
// Whether the user asked for the file in the mail of this uuid.
base::Result<bool> is_asked_for(const store::Scope& scope, const store::Uuid& uuid);

std::string too_large_words(std::uint64_t size);

// ---- in the writer's transaction, with events ----

// True: its file was requested meanwhile, and is to be fetched.
base::Result<bool> leave_mail(const kernel::WriteContext& write, store::MailLeftRow place);
// The download state of a message whose text is here and whose file is not.
base::Result<> begin_waiting(const kernel::WriteContext& write, store::MessageRow& message,
                             std::uint64_t file_size);
// The user requests the file; its mail is on a server.
base::Result<> ask_for(const kernel::WriteContext& write, store::MessageRow message);
base::Result<> set_download(const kernel::WriteContext& write, store::MessageRow message,
                            DownloadState state, std::string error);
base::Result<> fail_download(const kernel::WriteContext& write, store::MessageRow message,
                             std::string why);
// All messages of this uuid that wait for their file.
base::Result<> fail_downloads(const kernel::WriteContext& write, const store::Uuid& uuid,
                              const std::string& why);
// The files can be requested again; a requested file is taken once its mail is seen.
base::Result<> offer_downloads(const kernel::WriteContext& write, const store::Uuid& uuid);
// The file arrived.
base::Result<> end_waiting(const kernel::WriteContext& write, ContactId contact,
                           const store::Uuid& uuid);

}  // namespace messaging::mail
