// Rules of chats that several parts follow inside the writer's transaction: how a chat is created,
// how a message gets its id and position, and which events report it.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "messaging/model/types.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/messages.h"
#include "store/writer.h"

namespace messaging::kernel {
struct AccountState;
}  // namespace messaging::kernel

namespace messaging::chats {

// The name shown for a contact: ours for it, else its own, else its address.
std::string shown_name(const store::ContactRow& contact);

// Finds the 1:1 chat with a contact, or creates it. `blocked` is the state of a new chat;
// ChatBlocked::no also accepts an existing chat that is a request or blocked. Events:
// ChatlistChanged for a new chat, ChatModified and ChatlistChanged for an accepted one.
base::Result<store::ChatRow> ensure_single_chat(store::Tx& tx, const store::Scope& scope,
                                                ContactId contact, store::ChatBlocked blocked);

// Adds "Messages are end-to-end encrypted." to a chat with others when it begins, even before there
// is a session: nothing is ever sent in the clear.
base::Result<> add_encryption_notice(store::Tx& tx, const store::Scope& scope, ChatId chat);

// Adds a line from the info contact, already noticed. Events: MsgsChanged, ChatlistChanged.
base::Result<MsgId> add_info_message(store::Tx& tx, const store::Scope& scope, ChatId chat,
                                     SystemMessage system, std::string text,
                                     std::optional<ContactId> contact = std::nullopt);

// Inserts a message of a peer. The caller fills the sender's fields (from, uuid, seq, sent_at,
// type, text, blob and so on); id, chat, state and local times are set here. Returns nullopt and
// changes nothing when the message exists or was deleted here. Events: IncomingMsg (MsgsChanged for
// one reported quietly) and ChatlistChanged, none in a blocked chat. An archived chat is unarchived
// unless it is muted.
enum class Announce { as_message, quietly };
base::Result<std::optional<MsgId>> insert_incoming(store::Tx& tx, const store::Scope& scope,
                                                   const store::ChatRow& chat,
                                                   store::MessageRow row,
                                                   Announce announce = Announce::as_message);

// Sets id and local times, and inserts the row; no events. sent_at 0 becomes now.
base::Result<> insert_own(store::Tx& tx, const store::Scope& scope, store::MessageRow& row);

// After a new message in a chat: unarchives the chat unless it is muted.
base::Result<> unarchive(const store::Scope& scope, const store::ChatRow& chat,
                         base::UnixMillis now);

bool is_muted(const store::ChatRow& chat, base::UnixMillis now);

// MsgsChanged for one message (or 0: several), and ChatlistChanged.
base::Result<> emit_changed(store::Tx& tx, AccountId account, ChatId chat, MsgId message);

}  // namespace messaging::chats
