// Receives contents about protected files: notes from owners, holders and forwarders, and
// containers in messages. In the writer's transaction. A note that its sender may not send, or that
// is out of date, changes nothing; if it shows that the sender's state is out of date, the present
// decision is sent again.
#pragma once

#include "messaging/kernel/write_context.h"
#include "store/tables/messages.h"

namespace messaging::receiving {

// Called after a contact's message was inserted: if it carries a container, records the file.
base::Result<> note_container_arrived(const kernel::WriteContext& write,
                                      const store::MessageRow& row);

}  // namespace messaging::receiving
