// Texts that are requests for commands of this device, or answers of a contact's device. In the
// writer's transaction.
#pragma once

#include "messaging/kernel/write_context.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging::receiving {

// A text of the contact of a single chat, just inserted. A request waits from now on, whatever
// dies; it is decided upon once. Nothing happens in a chat that was not accepted.
base::Result<> note_device_text(const kernel::WriteContext& write, const store::ChatRow& chat,
                                const store::MessageRow& row);

}  // namespace messaging::receiving
