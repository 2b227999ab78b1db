// Large files, which are sent in a mail of their own that the other side may download later.
#pragma once

#include <vector>

#include "messaging/mail/form/chat_mail.h"
#include "messaging/model/card.h"

namespace messaging::mail {

// The mail as it is, or, with a file of kSplitFrom bytes or more, two: one that announces the file,
// and one with the file and the message's Message-ID.
std::vector<ChatMail> split_large_file(ChatMail mail, const Uuid& message);

}  // namespace messaging::mail
