// Makes the row of a received message from its content, including the file. In the writer's
// transaction.
#pragma once

#include <optional>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "store/tables/messages.h"
#include "store/tables/transfers.h"

namespace messaging::chats {

// The file's transfer, once every part has arrived.
base::Result<std::optional<store::TransferRow>> arrived_file(const kernel::WriteContext& write,
                                                             const FileNote& file);
// Turns the arrived file into a blob; returns the blob's id.
base::Result<std::int64_t> adopt_file(const kernel::WriteContext& write, const FileNote& file,
                                      const store::TransferRow& transfer);

// A message of type webxdc that carries no app becomes one of type file.
base::Result<> check_type(const kernel::WriteContext& write, store::MessageRow& row);

// Without id, chat, state, local times, file and quoted message.
store::MessageRow received_row(ContactId from, const Uuid& uuid, const TextMessage& text);

}  // namespace messaging::chats
