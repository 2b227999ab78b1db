// Updates of a webxdc app of ours that go out again: with the app, when a draft is sent or a
// message once more. In the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"
#include "store/tables/webxdc.h"

namespace messaging {

// Queues an update for the recipients of its app's chat.
base::Result<> queue_update(const kernel::WriteContext& write, const store::ChatRow& chat,
                            const store::MessageRow& app, store::WebxdcUpdateRow update);

// Queues our own updates of an app that was queued before: the last kMostAgain of them within
// kMostBytesAgain. A recipient ignores updates that it has.
inline constexpr std::size_t kMostAgain = 256;
inline constexpr std::size_t kMostBytesAgain = 1024 * 1024;
base::Result<> queue_updates_again(const kernel::WriteContext& write, const store::ChatRow& chat,
                                   const store::MessageRow& app);

// The draft was sent as `sent`: moves its updates to that message and queues them.
base::Result<> send_updates_of_draft(const kernel::WriteContext& write, const store::ChatRow& chat,
                                     MsgId draft, MsgId sent);

}  // namespace messaging
