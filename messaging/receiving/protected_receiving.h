// Receiving what concerns protected files: notes from owners, holders and forwarders, and
// containers that arrive in messages. In the writer's transaction. Whatever a contact may not say,
// or says too late, changes nothing; where the other side does not know how things stand it is told
// again.
#pragma once

#include "messaging/kernel/write_context.h"
#include "messaging/model/protected_content.h"
#include "store/tables/contacts.h"
#include "store/tables/messages.h"

namespace messaging {

// `content` is the whole as it came. What concerns a group of which we have yet to hear is held
// like whatever comes for one (group_receiving.h), and acknowledged once it is taken. False: held.
base::Result<bool> take_protected(const WriteContext& write, const store::ContactRow& contact,
                                  const store::Uuid& uuid, const ProtectedNote& note,
                                  base::ByteView content);

// A message of a contact was inserted; when it carries a container, its file is known from now on.
base::Result<> note_container_arrived(const WriteContext& write, const store::MessageRow& row);

}  // namespace messaging
