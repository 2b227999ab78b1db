// From what a sender said to the row of a message that came, its file included. In the writer's
// transaction.
#pragma once

#include <optional>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "store/tables/messages.h"
#include "store/tables/transfers.h"

namespace messaging::chats {

// The file, once every part of it is here.
base::Result<std::optional<store::TransferRow>> arrived_file(const kernel::WriteContext& write,
                                                             const FileNote& file);
// It becomes a blob; answers with the blob's id.
base::Result<std::int64_t> adopt_file(const kernel::WriteContext& write, const FileNote& file,
                                      const store::TransferRow& transfer);

// Without id, chat, state, local times, the file and the message that is quoted.
store::MessageRow received_row(ContactId from, const Uuid& uuid, const TextMessage& text);

}  // namespace messaging::chats
