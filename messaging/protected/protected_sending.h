// Rules for sending protected files in messages: a container is sent only to contacts whose access
// its owner allows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "messaging/kernel/write_context.h"
#include "messaging/model/attachment.h"
#include "store/tables/chats.h"
#include "store/tables/file_accesses.h"
#include "store/tables/messages.h"

namespace messaging::protection {

base::Error clock_not_believed();

// Opens a caller's file, or one of our blobs by its path, without decrypting the container.
base::Result<std::unique_ptr<AttachmentReader>> open_container_at(
    const kernel::Core& core, const store::Scope& scope, const kernel::AccountState& account,
    const std::string& path);

// Checks a message of ours that carries a container, before it is inserted: Errc::forbidden,
// already_exists, corrupt or invalid_argument with a text for a person. Restores the name that the
// owner gave the container. Returns the accesses by which it is sent, one for each member of a
// group; the caller sets their `message` and saves them once the message has its id. Empty for
// every other file.
base::Result<std::vector<store::FileAccessRow>> judge_protected(const kernel::WriteContext& write,
                                                                const store::ChatRow& chat,
                                                                const store::MessageRow& row);

// Signals after the commit that the windows changed, so that Expiry looks for the next end.
void watch_windows(const kernel::WriteContext& write);

}  // namespace messaging::protection
