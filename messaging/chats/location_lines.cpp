#include "messaging/chats/location_lines.h"

#include "messaging/chats/chat_rules.h"
#include "messaging/chats/compose.h"

namespace messaging::chats {

base::Result<> add_location_begin_line(const kernel::WriteContext& write,
                                       const store::ChatRow& chat) {
  EDGE_TRY(store::MessageRow row, own_row(write.tx, write.scope, chat.id));
  row.state = MsgState::out_delivered;
  row.type = Viewtype::text;
  row.system = SystemMessage::location_streaming;
  row.is_info = true;
  row.text = "Location streaming enabled.";
  EDGE_CHECK(insert_own(write.tx, write.scope, row));
  EDGE_CHECK(emit_changed(write.tx, write.account.id, chat.id, row.id));
  return write.emit(ChatModified{chat.id});
}

}  // namespace messaging::chats
