// What will not be sent any more: it is taken out of the outbox, its message says why
// (get_message_info) and MsgFailed tells of it. In the writer's transaction.
#pragma once

#include <string>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/types.h"
#include "store/tables/outbox.h"

namespace messaging::groups {

// What was queued before `before` (steady time) and no device acknowledged.
base::Result<> expire_outbox(const kernel::WriteContext& write, UnixMillis before);

// False when the contact's row was changed by another program or is damaged, so that nobody can say
// who the contact is: nothing is sent there, and whatever else goes to others goes on.
base::Result<bool> contact_opens(const store::Scope& scope, ContactId contact);

// The message's recipient is a contact whose row does not open.
base::Result<> give_up_recipient(const kernel::WriteContext& write, MsgId message,
                                 ContactId contact);

// A file that cannot be read from our own store. Its message is given up for this recipient; a
// group's picture was replaced or is damaged, and the member is told the group's state without it.
base::Result<> give_up_file(const kernel::WriteContext& write, const store::OutboxRow& file,
                            const std::string& why);

}  // namespace messaging::groups
