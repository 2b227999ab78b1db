// Giving up rows of the outbox: the row is deleted, its message gets the reason (get_message_info)
// and a MsgFailed event is emitted. In the writer's transaction.
#pragma once

#include <string>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/types.h"
#include "store/tables/outbox.h"

namespace messaging::groups {

// Gives up rows that were queued before `before` (steady time) and never acknowledged.
base::Result<> expire_outbox(const kernel::WriteContext& write, UnixMillis before);

// False: the contact's row was changed by another program or is damaged, so that the contact's
// identity is unknown. Nothing is sent to it; sending to others continues.
base::Result<bool> contact_opens(const store::Scope& scope, ContactId contact);

// Gives up a message whose recipient's row does not open.
base::Result<> give_up_recipient(const kernel::WriteContext& write, MsgId message,
                                 ContactId contact);

// Gives up a message for one recipient: none of its rows wait for that recipient any more.
base::Result<> give_up_message(const kernel::WriteContext& write, MsgId message, ContactId contact,
                               std::string why);

// Gives up a file that cannot be read from our own store, and its message for this recipient. For a
// group's picture, which was replaced or is damaged, the member is sent the state without it.
base::Result<> give_up_file(const kernel::WriteContext& write, const store::OutboxRow& file,
                            const std::string& why);

}  // namespace messaging::groups
