// Received locations: of a contact, or of ourselves from another device. In the writer's
// transaction.
#pragma once

#include <vector>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/location_content.h"
#include "store/tables/chats.h"

namespace messaging::receiving {

// Stores the places in the chat, each once, and emits LocationChanged if any is new.
base::Result<> take_places(const kernel::WriteContext& write, const store::ChatRow& chat,
                           ContactId from, const std::vector<PlaceNote>& places);

}  // namespace messaging::receiving
