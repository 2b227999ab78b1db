// Pictures of people and groups that mails bring. In the writer's transaction.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_applier.h"
#include "store/blobs.h"
#include "store/tables/contacts.h"

namespace messaging::mail {

// Whether a mail's picture may be stored: its headers are a picture's. Any thread.
bool is_picture(const MailPicture& picture);

// Stores the sealed picture as a row that nothing uses yet, and returns its id. `stem`: the
// beginning of its name.
base::Result<std::int64_t> insert_picture(const kernel::WriteContext& write,
                                          const MailPicture& picture, const store::BlobInfo& sealed,
                                          std::string_view stem);

// Sets the sender's picture unless a later mail set it already. Ignores what is no picture. Sets
// the row's avatar_blob and avatar_number, which the caller stores. True: the picture changed.
base::Result<bool> take_avatar(const kernel::WriteContext& write, store::ContactRow& contact,
                               const Arrival& arrival);

}  // namespace messaging::mail
