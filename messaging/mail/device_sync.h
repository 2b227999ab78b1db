// Device sync: what one device of an account reports to its others by mails to ourselves
// (form/sync_items.h): invites, chats, channels, settings, our picture, what was saved and removed.
// Delta Chat's devices send and read the same.
//
// Sent while the account has other devices (`bcc_self`), wants it (`sync_msgs`) and is no bot. Read
// only from mails that our own key signed, and then always: a device that sends such a mail is a
// second one, so `bcc_self` is set. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/device_news.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_applier.h"
#include "messaging/mail/own_keys.h"
#include "store/tables/invites.h"

namespace messaging::mail {

// Whether our mails go to our own mailbox too; then kSelf can be written to.
base::Result<bool> copies_go_to_devices(const kernel::WriteContext& write);
// Call when there is another device, or will be one.
base::Result<> expect_device(const kernel::WriteContext& write);

base::Result<> queue_device_news(const kernel::WriteContext& write, const kernel::DeviceNews& news);
// An invite of ours was published (`live`) or withdrawn.
base::Result<> queue_invite_news(const kernel::WriteContext& write, const store::InviteRow& invite,
                                 bool live);

// Applies the items that another device of ours sent. Items that cannot be read, or refer to
// something that is not here, are skipped. A picture in the mail is the arrival's avatar.
base::Result<> take_device_news(const kernel::WriteContext& write, const OwnKey& own,
                                const Arrival& arrival);

}  // namespace messaging::mail
