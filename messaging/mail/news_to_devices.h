// What one device of an account reports to its others by mails to ourselves (form/sync_items.h):
// invites, chats, channels, settings, our picture, logins, what was saved and removed. Delta Chat's
// devices send the same.
//
// Sent while the account has other devices, wants it (`sync_msgs`) and is no bot. In the writer's
// transaction, after the change.
#pragma once

#include "base/result.h"
#include "messaging/kernel/device_news.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/invites.h"

namespace messaging::mail {

base::Result<> queue_device_news(const kernel::WriteContext& write, const kernel::DeviceNews& news);
// An invite of ours was published (`live`) or withdrawn.
base::Result<> queue_invite_news(const kernel::WriteContext& write, const store::InviteRow& invite,
                                 bool live);
// Logins of ours were added, entered again, deleted or made the primary one. They go with their
// passwords, sealed to our own key.
base::Result<> queue_login_news(const kernel::WriteContext& write);

}  // namespace messaging::mail
