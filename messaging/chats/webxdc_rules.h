// Rules of webxdc apps: what an update changes in the chat of its app. In the writer's transaction.
#pragma once

#include <string>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/types.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"
#include "store/tables/webxdc.h"

namespace messaging::chats {

// Our address in the app with this message.
std::string webxdc_address(const kernel::AccountState& account, const store::MessageRow& app);

// Applies an update, whose row is inserted, to an app that is here: its document and summary, a
// line in the chat, and the events.
base::Result<> apply_webxdc_update(const kernel::WriteContext& write, const store::ChatRow& chat,
                                   const store::MessageRow& app,
                                   const store::WebxdcUpdateRow& update);

// The app's message was inserted: applies the updates that came before it. Those of others than the
// chat's members are deleted.
base::Result<> apply_waiting_webxdc_updates(const kernel::WriteContext& write,
                                            const store::ChatRow& chat,
                                            const store::MessageRow& app);

}  // namespace messaging::chats
