// Rules of chats that several parts follow inside the writer's transaction: where a chat comes
// from, how a message gets its id and place, and which events tell of it.
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

// What we call a contact: our name for it, else its own, else its address.
std::string shown_name(const store::ContactRow& contact);

// The 1:1 chat with a contact, made when there is none. `blocked` is the state a new chat gets;
// asking for ChatBlocked::no also accepts one that is a request or blocked. Events: ChatlistChanged
// for a new chat, ChatModified and ChatlistChanged for an accepted one.
base::Result<store::ChatRow> ensure_single_chat(store::Tx& tx, const store::Scope& scope,
                                                ContactId contact, store::ChatBlocked blocked);

// A line from the info contact, noticed from the start. Events: MsgsChanged, ChatlistChanged.
base::Result<MsgId> add_info_message(store::Tx& tx, const store::Scope& scope, ChatId chat,
                                     SystemMessage system, std::string text,
                                     std::optional<ContactId> contact = std::nullopt);

// A message of a peer. The caller fills what the sender said (from, uuid, seq, sent_at, type, text,
// blob and so on); id, chat, state and local times are set here. Answers with nothing, and changes
// nothing, when the message is here already or was deleted here. Events: IncomingMsg and
// ChatlistChanged, none in a blocked chat. An archived chat comes back unless it is muted.
base::Result<std::optional<MsgId>> insert_incoming(store::Tx& tx, const store::Scope& scope,
                                                   const store::ChatRow& chat,
                                                   store::MessageRow row);

// Gives id and local times, and writes; no events. sent_at 0 becomes now.
base::Result<> insert_own(store::Tx& tx, const store::Scope& scope, store::MessageRow& row);

// After something new in a chat: an archived one comes back unless it is muted.
base::Result<> unarchive(const store::Scope& scope, const store::ChatRow& chat,
                         base::UnixMillis now);

bool is_muted(const store::ChatRow& chat, base::UnixMillis now);

// MsgsChanged for one message (or 0: several), and ChatlistChanged.
base::Result<> emit_changed(store::Tx& tx, AccountId account, ChatId chat, MsgId message);

}  // namespace messaging::chats
