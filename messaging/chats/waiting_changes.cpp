#include "messaging/chats/waiting_changes.h"

#include "messaging/model/types.h"
#include "store/tables/groups.h"
#include "store/tables/message_changes.h"

namespace messaging::chats {

using store::ChangeKind;

base::Result<bool> may_change(const store::Scope& scope, const store::ChatRow& chat,
                              base::ContactId contact) {
  if (contact == kSelf) return true;  // at another device of ours
  if (chat.type == ChatType::single) return chat.contact == contact;
  EDGE_TRY(const auto member, store::find_member(scope, chat.id, contact));
  return member && member->present;
}

base::Result<bool> may_pin(const store::Scope& scope, const store::ChatRow& chat,
                           base::ContactId contact) {
  if (chat.type == ChatType::out_broadcast && contact != kSelf) return false;
  return may_change(scope, chat, contact);
}

base::Result<bool> was_deleted(const store::Scope& scope, base::ContactId author,
                               const store::Uuid& uuid, base::UnixMillis now) {
  EDGE_TRY(const bool deleted, store::has_tombstone(scope, author, uuid));
  if (deleted) return true;
  EDGE_TRY(const auto waiting,
           store::find_message_change(scope, author, uuid, author, ChangeKind::deletion));
  if (!waiting) return false;
  EDGE_CHECK(store::delete_message_changes(scope, author, uuid));
  EDGE_CHECK(store::insert_tombstone(scope, author, uuid, now));
  return true;
}

base::Result<> take_waiting_changes(const store::Scope& scope, const store::ChatRow& chat,
                                    store::MessageRow& row) {
  EDGE_TRY(auto edit,
           store::find_message_change(scope, row.from, row.uuid, row.from, ChangeKind::edit));
  if (edit) {
    row.text = std::move(edit->text);
    row.is_edited = true;
  }
  EDGE_TRY(const auto reactions,
           store::list_message_changes(scope, row.from, row.uuid, ChangeKind::reaction));
  for (const store::MessageChangeRow& reaction : reactions) {
    EDGE_TRY(const bool may, may_change(scope, chat, reaction.contact));
    if (!may) EDGE_CHECK(store::delete_message_change(scope, reaction));
  }
  EDGE_TRY(const auto pins,
           store::list_message_changes(scope, row.from, row.uuid, ChangeKind::pin));
  std::int64_t newest = 0;
  for (const store::MessageChangeRow& pin : pins) {
    EDGE_TRY(const bool may, may_pin(scope, chat, pin.contact));
    if (!may) {
      EDGE_CHECK(store::delete_message_change(scope, pin));
    } else if (pin.number > newest) {
      newest = pin.number;
      row.is_pinned = !pin.text.empty();
    }
  }
  return store::settle_message_changes(scope, row.from, row.uuid);
}

}  // namespace messaging::chats
