#include "messaging/chats/chat_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "messaging/chats/waiting_changes.h"
#include "messaging/kernel/core.h"
#include "messaging/model/plain_name.h"
#include "store/tables/contacts.h"
#include "store/tables/locations.h"

namespace messaging::chats {

std::string shown_name(const store::ContactRow& contact) {
  std::string name = plain_name(contact.name, kMaxLongName);
  if (name.empty()) name = plain_name(contact.auth_name);
  return name.empty() ? plain_name(contact.addr, kMaxAddress) : name;
}

base::Result<store::ChatRow> ensure_single_chat(store::Tx& tx, const store::Scope& scope,
                                                ContactId contact, store::ChatBlocked blocked) {
  EDGE_TRY(auto found, store::find_chat_by_contact(scope, contact));
  if (found) {
    if (blocked == store::ChatBlocked::no && found->blocked != store::ChatBlocked::no) {
      found->blocked = store::ChatBlocked::no;
      EDGE_CHECK(store::update_chat(scope, *found));
      EDGE_CHECK(kernel::Core::emit(tx, scope.account, ChatModified{found->id}));
      EDGE_CHECK(kernel::Core::emit(tx, scope.account, ChatlistChanged{}));
    }
    return *found;
  }
  store::ChatRow chat;
  EDGE_TRY(chat.id, tx.next<ChatId>(scope.account, "chat", kFirstId));
  chat.contact = contact;
  chat.blocked = blocked;
  EDGE_TRY(const store::ContactRow row, store::load_contact(scope, contact));
  // A contact can be written to once there is a link; by mail, once its certificate is known.
  const store::ContactKey* const certificate = row.key(store::ProtocolKind::mail);
  chat.encrypted = contact == kSelf || (certificate != nullptr && !certificate->key.empty());
  chat.created_at = tx.now();
  chat.last_at = chat.created_at;
  EDGE_CHECK(store::insert_chat(scope, chat));
  EDGE_CHECK(kernel::Core::emit(tx, scope.account, ChatlistChanged{}));
  if (contact.value < kFirstId) return chat;
  // A contact of whom only an address is known cannot be written to.
  if (!row.keys.empty()) EDGE_CHECK(add_encryption_notice(tx, scope, chat.id));
  return chat;
}

base::Result<> add_encryption_notice(store::Tx& tx, const store::Scope& scope, ChatId chat) {
  EDGE_CHECK(add_info_message(tx, scope, chat, SystemMessage::chat_e2ee,
                              "Messages are end-to-end encrypted."));
  return {};
}

base::Result<MsgId> add_info_message(store::Tx& tx, const store::Scope& scope, ChatId chat,
                                     SystemMessage system, std::string text,
                                     std::optional<ContactId> contact) {
  store::MessageRow row;
  row.chat = chat;
  row.from = kInfoContact;
  row.uuid = store::random_uuid();
  row.state = MsgState::in_noticed;
  row.type = Viewtype::text;
  row.system = system;
  row.is_info = true;
  row.text = std::move(text);
  row.info_contact = contact;
  EDGE_CHECK(insert_own(tx, scope, row));
  EDGE_CHECK(emit_changed(tx, scope.account, chat, row.id));
  return row.id;
}

base::Result<std::optional<MsgId>> insert_incoming(store::Tx& tx, const store::Scope& scope,
                                                   const store::ChatRow& chat,
                                                   store::MessageRow row, Announce announce) {
  EDGE_TRY(const bool deleted, was_deleted(scope, row.from, row.uuid, tx.now()));
  if (deleted) return std::optional<MsgId>();
  EDGE_TRY(const bool here, store::has_message_uuid(scope, row.from, row.uuid));
  if (here) return std::optional<MsgId>();
  EDGE_TRY(row.id, tx.next<MsgId>(scope.account, "message", kFirstId));
  row.chat = chat.id;
  row.state = MsgState::in_fresh;
  row.received_at = tx.now();
  // A sender's clock may be wrong: its time is shown, but never later than our own.
  if (row.sent_at <= 0) row.sent_at = row.received_at;
  row.sort_at = std::min(row.sent_at, row.received_at);
  EDGE_CHECK(take_waiting_changes(scope, chat, row));
  EDGE_TRY(row.has_location, store::has_location(scope, row.from, row.uuid));
  EDGE_CHECK(store::insert_message(scope, row));
  if (chat.blocked != store::ChatBlocked::yes) {
    EDGE_CHECK(unarchive(scope, chat, tx.now()));
    EventBody arrived = IncomingMsg{chat.id, row.id};
    if (announce == Announce::quietly) arrived = MsgsChanged{chat.id, row.id};
    EDGE_CHECK(kernel::Core::emit(tx, scope.account, std::move(arrived)));
    EDGE_CHECK(kernel::Core::emit(tx, scope.account, ChatlistChanged{}));
    if (row.is_pinned) {
      EDGE_CHECK(kernel::Core::emit(tx, scope.account, PinnedMessagesChanged{chat.id}));
    }
  }
  return std::optional(row.id);
}

base::Result<> insert_own(store::Tx& tx, const store::Scope& scope, store::MessageRow& row) {
  EDGE_TRY(row.id, tx.next<MsgId>(scope.account, "message", kFirstId));
  if (row.sent_at == 0) row.sent_at = tx.now();
  row.sort_at = row.sent_at;
  return store::insert_message(scope, row);
}

base::Result<> unarchive(const store::Scope& scope, const store::ChatRow& chat,
                         base::UnixMillis now) {
  if (chat.visibility != Visibility::archived || is_muted(chat, now)) {
    return {};
  }
  return store::set_chat_visibility(scope, chat.id, Visibility::normal);
}

bool is_muted(const store::ChatRow& chat, base::UnixMillis now) {
  return chat.muted_until == store::ChatRow::kMutedForEver || chat.muted_until > now;
}

base::Result<> emit_changed(store::Tx& tx, AccountId account, ChatId chat, MsgId message) {
  EDGE_CHECK(kernel::Core::emit(tx, account, MsgsChanged{chat, message}));
  return kernel::Core::emit(tx, account, ChatlistChanged{});
}

}  // namespace messaging::chats
