// Changes of messages (kind 5): reactions, edits, deletions, pins, and how calls go on (calls.cpp).
#include <algorithm>

#include "messaging/chats/chat_rules.h"
#include "messaging/chats/message_refs.h"
#include "messaging/chats/pins.h"
#include "messaging/chats/waiting_changes.h"
#include "messaging/files/removal.h"
#include "messaging/kernel/protocol.h"
#include "messaging/model/change_content.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/protected/protected_access.h"
#include "messaging/receiving/call_changes.h"
#include "messaging/receiving/received.h"
#include "store/tables/chats.h"
#include "store/tables/message_changes.h"
#include "store/tables/messages.h"

namespace messaging::receiving {
namespace {

using store::MessageChangeRow;
using store::MessageRow;

base::Result<> take_reaction(const kernel::WriteContext& write, MessageChangeRow row,
                             const std::optional<MessageRow>& message) {
  row.text = join_reactions(split_reactions(row.text));
  EDGE_TRY(const bool changed, store::put_message_change(write.scope, row));
  if (!changed || !message) return {};
  EDGE_CHECK(write.emit(ReactionsChanged{message->chat, message->id}));
  if (message->from != kSelf || row.contact == kSelf || row.text.empty()) return {};
  return write.emit(IncomingReaction{message->chat, message->id, row.contact, row.text});
}

base::Result<> take_edit(const kernel::WriteContext& write, MessageChangeRow row,
                         std::optional<MessageRow> message) {
  if (message && message->type == Viewtype::call) return {};
  EDGE_TRY(const bool changed, store::put_message_change(write.scope, row));
  if (!changed || !message) return {};
  message->text = std::move(row.text);
  message->is_edited = true;
  EDGE_CHECK(store::update_message(write.scope, *message));
  return chats::emit_changed(write.tx, write.account.id, message->chat, message->id);
}

base::Result<> take_deletion(const kernel::WriteContext& write, MessageChangeRow row,
                             const std::optional<MessageRow>& message) {
  if (!message) {
    EDGE_CHECK(store::delete_message_changes(write.scope, row.author, row.uuid));
    row.text.clear();
    EDGE_TRY(const bool put, store::put_message_change(write.scope, row));
    static_cast<void>(put);
    return {};
  }
  files::RemovedFiles files(write.core, write.account);
  EDGE_CHECK(protection::protected_message_removed(write, message->id));
  EDGE_CHECK(files::remove_message(write.tx, write.scope, message->id, files));
  files.remove_after(write.tx);
  if (message->type == Viewtype::webxdc) EDGE_CHECK(write.emit(WebxdcInstanceDeleted{message->id}));
  EDGE_CHECK(write.emit(MsgDeleted{message->chat, message->id}));
  if (message->is_pinned) EDGE_CHECK(write.emit(PinnedMessagesChanged{message->chat}));
  return chats::emit_changed(write.tx, write.account.id, message->chat, MsgId());
}

// A pin of a later time than that counts as of now: nobody else's could come after it.
constexpr base::Millis kMostAhead = 24 * 3'600 * base::Millis{1'000};

// Whoever pins or unpins later wins. Mails are dated by their senders' clocks, to the second: of
// two people's mails the one that comes later is the later one.
base::Result<> take_pin(const kernel::WriteContext& write, MessageChangeRow row,
                        std::optional<MessageRow> message) {
  if (!row.text.empty()) row.text = "1";
  if (row.number > write.tx.now() + kMostAhead) row.number = write.tx.now();
  EDGE_TRY(const auto pins,
           store::list_message_changes(write.scope, row.author, row.uuid, ChangeKind::pin));
  EDGE_TRY(const bool changed, store::put_message_change(write.scope, row));
  if (!changed || !message) return {};
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, message->chat));
  EDGE_TRY(const bool may, chats::may_pin(write.scope, chat, row.contact));
  if (!may) return store::delete_message_change(write.scope, row);
  const bool dated = write.protocol().abilities().dated_groups;
  const bool superseded = std::any_of(pins.begin(), pins.end(), [&](const MessageChangeRow& pin) {
    return pin.number > row.number;
  });
  if (superseded && !dated) return {};
  return chats::set_pinned(write, chat, *std::move(message), row.contact, !row.text.empty());
}

// Only the author may edit or delete a message; others may react to it, pin it, and answer a
// call.
bool is_for_readers(ChangeKind kind) {
  return kind == ChangeKind::reaction || kind == ChangeKind::pin ||
         kind == ChangeKind::call_accepted || kind == ChangeKind::call_ended;
}

}  // namespace

base::Result<bool> apply(const Received& received, const MessageChange& change) {
  const kernel::WriteContext& write = received.write;
  const ContactId sender = received.sender.contact.id;
  EDGE_CHECK(outbox::acknowledge(write, sender, received.uuid));
  if (received.sender.contact.blocked) return true;
  EDGE_TRY(const auto author, chats::author_of(write.scope, change.message, sender));
  if (!author) return true;
  if (*author != sender && !is_for_readers(change.kind)) return true;
  EDGE_TRY(const bool deleted, store::has_tombstone(write.scope, *author, change.message.uuid));
  if (deleted) return true;
  EDGE_TRY(auto message, store::find_message_by_uuid(write.scope, *author, change.message.uuid));
  if (!message) {
    EDGE_TRY(const auto gone, store::find_message_change(write.scope, *author, change.message.uuid,
                                                         *author, ChangeKind::deletion));
    if (gone) return true;
  }
  // A message of ours that is not here was deleted here.
  if (!message && *author == kSelf) return true;
  if (message) {
    if (message->is_info) return true;
    EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, message->chat));
    EDGE_TRY(const bool may, chats::may_change(write.scope, chat, sender));
    if (!may) return true;
  }
  MessageChangeRow row{*author,  change.message.uuid, sender, change.kind, change.number,
                       !message, change.text};
  switch (change.kind) {
    case ChangeKind::reaction:
      EDGE_CHECK(take_reaction(write, std::move(row), message));
      break;
    case ChangeKind::edit:
      EDGE_CHECK(take_edit(write, std::move(row), std::move(message)));
      break;
    case ChangeKind::deletion:
      EDGE_CHECK(take_deletion(write, std::move(row), message));
      break;
    case ChangeKind::call_accepted:
    case ChangeKind::call_ended:
      EDGE_CHECK(take_call_change(write, std::move(row), std::move(message)));
      break;
    case ChangeKind::pin:
      EDGE_CHECK(take_pin(write, std::move(row), std::move(message)));
      break;
  }
  return true;
}

}  // namespace messaging::receiving
