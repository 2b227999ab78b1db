// What sending a message has to know of protected files: a container goes only where its owner's
// consent goes too.
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

// A caller's file, or one of our blobs by its path, as the bytes it holds.
base::Result<std::unique_ptr<AttachmentReader>> open_container_at(
    const kernel::Core& core, const store::Scope& scope, const kernel::AccountState& account,
    const std::string& path);

// Judges a message of ours that carries a container, before it is inserted: Errc::forbidden,
// already_exists, corrupt or invalid_argument in words for a person. Gives the container the name
// its owner gave it. Answers with the accesses by which it goes, one for each member of a group,
// whose `message` is to be set and written once the message has its id; none for every other file.
base::Result<std::vector<store::FileAccessRow>> judge_protected(const kernel::WriteContext& write,
                                                                const store::ChatRow& chat,
                                                                const store::MessageRow& row);

// After a commit that changed windows, somebody looks when the next one ends.
void watch_windows(const kernel::WriteContext& write);

}  // namespace messaging::protection
