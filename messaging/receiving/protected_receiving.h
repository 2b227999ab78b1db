// Receiving what concerns protected files: notes from owners, holders and forwarders, and
// containers that arrive in messages. In the writer's transaction. Whatever a contact may not say,
// or says too late, changes nothing; where the other side does not know how things stand it is told
// again.
#pragma once

#include "messaging/kernel/write_context.h"
#include "store/tables/messages.h"

namespace messaging::receiving {

// A message of a contact was inserted; when it carries a container, its file is known from now on.
base::Result<> note_container_arrived(const kernel::WriteContext& write,
                                      const store::MessageRow& row);

}  // namespace messaging::receiving
