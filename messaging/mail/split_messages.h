// Messages that come as two mails: one with the text, which announces the file, and one with the
// file, which may come later. The message's uuid is that of the mail with the file. Either may come
// first. In the writer's transaction.
#pragma once

#include <optional>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/form/chat_mail.h"
#include "messaging/model/content.h"
#include "store/tables/transfers.h"

namespace messaging::mail {

enum class SplitStep {
  whole,   // no such message: apply the content
  half,    // the first of two: apply the content, then note_half()
  joined,  // the second: the message has both now
};

// Call before a content of the mail is applied. `transfer`: of its file.
base::Result<SplitStep> begin_split(const kernel::WriteContext& write, ContactId contact,
                                    const ChatMail& mail, const Content& content,
                                    const std::optional<store::TransferRow>& transfer);
base::Result<> note_half(const kernel::WriteContext& write, ContactId contact, const ChatMail& mail,
                         const Uuid& uuid);

}  // namespace messaging::mail
