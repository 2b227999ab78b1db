#include "messaging/chats/device_lines.h"

#include <utility>

#include "messaging/chats/chat_rules.h"

namespace messaging::chats {

base::Result<> add_device_line(const kernel::WriteContext& write, std::string text) {
  EDGE_TRY(const store::ChatRow device,
           ensure_single_chat(write.tx, write.scope, kDeviceContact, store::ChatBlocked::no));
  store::MessageRow line;
  line.chat = device.id;
  line.from = kDeviceContact;
  line.uuid = store::random_uuid();
  line.state = MsgState::in_fresh;
  line.type = Viewtype::text;
  line.received_at = write.tx.now();
  line.text = std::move(text);
  EDGE_CHECK(insert_own(write.tx, write.scope, line));
  return emit_changed(write.tx, write.account.id, device.id, line.id);
}

}  // namespace messaging::chats
