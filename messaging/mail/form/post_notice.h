// The header value that describes, in a pre-message, the file of the post-message: JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messaging/mail/form/chat_mail.h"

namespace messaging::mail {

std::string write_post_metadata(const PostNotice& notice);
// Sets all but the message id. False: it is malformed; the notice then describes a file of unknown
// size.
bool read_post_metadata(std::string_view json, PostNotice& notice);

}  // namespace messaging::mail
