#include "messaging/chats/pins.h"

#include <fmt/format.h>

#include <algorithm>

#include "messaging/chats/chat_rules.h"
#include "messaging/model/types.h"
#include "store/tables/contacts.h"
#include "store/tables/message_changes.h"

namespace messaging::chats {
namespace {

// As Delta Chat has it, a pin counts as a new message and the end of one does not.
base::Result<> add_pin_line(const kernel::WriteContext& write, const store::ChatRow& chat,
                            const store::MessageRow& message, ContactId by) {
  const std::string_view done = message.is_pinned ? "pinned" : "unpinned";
  store::MessageRow row;
  row.chat = chat.id;
  row.from = by;
  row.uuid = store::random_uuid();
  row.type = Viewtype::text;
  row.system = message.is_pinned ? SystemMessage::message_pinned : SystemMessage::message_unpinned;
  row.is_info = true;
  row.encrypted = message.encrypted;
  row.quoted = message.id;
  row.received_at = write.tx.now();
  if (by == kSelf) {
    row.state = MsgState::out_delivered;
    row.text = fmt::format("You {} a message.", done);
  } else {
    row.state = message.is_pinned ? MsgState::in_fresh : MsgState::in_noticed;
    EDGE_TRY(const store::ContactRow who, store::load_contact(write.scope, by));
    row.text = fmt::format("Message {} by {}.", done, shown_name(who));
  }
  EDGE_CHECK(insert_own(write.tx, write.scope, row));
  if (chat.blocked == store::ChatBlocked::yes) return {};
  EDGE_CHECK(unarchive(write.scope, chat, write.tx.now()));
  if (row.state != MsgState::in_fresh) {
    return emit_changed(write.tx, write.account.id, chat.id, row.id);
  }
  EDGE_CHECK(write.emit(IncomingMsg{chat.id, row.id}));
  return write.emit(ChatlistChanged{});
}

}  // namespace

base::Result<> set_pinned(const kernel::WriteContext& write, const store::ChatRow& chat,
                          store::MessageRow message, ContactId by, bool pinned) {
  if (message.is_pinned == pinned) return {};
  message.is_pinned = pinned;
  EDGE_CHECK(store::update_message(write.scope, message));
  EDGE_CHECK(write.emit(MsgsChanged{chat.id, message.id}));
  EDGE_CHECK(write.emit(PinnedMessagesChanged{chat.id}));
  return add_pin_line(write, chat, message, by);
}

base::Result<std::int64_t> next_pin_number(const kernel::WriteContext& write,
                                           const store::MessageRow& message) {
  EDGE_TRY(const auto pins, store::list_message_changes(write.scope, message.from, message.uuid,
                                                        store::ChangeKind::pin));
  std::int64_t number = write.tx.now();
  for (const store::MessageChangeRow& pin : pins) number = std::max(number, pin.number + 1);
  return number;
}

}  // namespace messaging::chats
