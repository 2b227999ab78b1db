// Makes the JSON of a page of messages: senders, quotes, access to protected files.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "messaging/api/message_page.h"
#include "rpc/file_shelf.h"
#include "rpc/shapes/message.h"

namespace rpc {

// One answer per message of the page, in order; a failed message stays failed, and one whose
// sender's record does not open fails with Errc::sealed. With a shelf, files are copied there; a
// file that cannot be (protected, still arriving) keeps its sealed path.
std::vector<base::Result<shape::Message>> to_shapes(messaging::MessagePage page,
                                                    base::AccountId account, base::UnixMillis now,
                                                    FileShelf* files = nullptr);
// Of a page of one message.
base::Result<shape::Message> to_shape(messaging::MessagePage page, base::AccountId account,
                                      base::UnixMillis now, FileShelf* files = nullptr);

}  // namespace rpc
