// Messages with what their JSON needs beside them: senders and quoted messages, fetched in three
// reads whatever the number of messages, and of each protected file who has access.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "messaging/api/engine.h"
#include "rpc/file_shelf.h"
#include "rpc/shapes/message.h"

namespace rpc {

// One answer per message given, in order; a failed one stays failed. With a shelf, files are laid
// out there; one that cannot be (protected, still arriving) keeps its sealed path.
base::Result<std::vector<base::Result<shape::Message>>> complete_messages(
    messaging::Engine& engine, base::AccountId account, base::UnixMillis now,
    std::vector<base::Result<messaging::Message>> messages, FileShelf* files = nullptr);

base::Result<shape::Message> complete_message(messaging::Engine& engine, base::AccountId account,
                                              base::UnixMillis now, messaging::Message message,
                                              FileShelf* files = nullptr);

}  // namespace rpc
