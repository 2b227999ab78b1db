// Texts of vCards from sealed files. Any thread; blocks on the disk.
#pragma once

#include <optional>
#include <string>

#include "messaging/api/views.h"
#include "messaging/model/attachment.h"
#include "messaging/model/vcard.h"

namespace messaging {

// The whole file. Errc::too_large over kMaxVcardText; `name` is for that error.
base::Result<std::string> text_of(AttachmentReader& file, const std::string& name);
// The first card of a message's file; nothing where the file is none, or too large to be read with
// a message.
std::optional<Vcard> card_of_message(const View& view, const Message& message);

}  // namespace messaging
