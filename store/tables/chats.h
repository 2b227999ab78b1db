// Chats' rows. Nothing in them is sealed: a 1:1 chat's name is its contact's.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/tables/chat_enums.h"
#include "store/tables/scope.h"

namespace store {

struct ChatRow {
  static constexpr std::int64_t kMutedForEver = -1;

  base::ChatId id;
  ChatType type = ChatType::single;
  std::optional<base::ContactId> contact;  // of a 1:1 chat; unique
  ChatBlocked blocked = ChatBlocked::no;
  Visibility visibility = Visibility::normal;
  std::int64_t muted_until = 0;  // 0 not muted, -1 for ever, else Unix milliseconds
  bool encrypted = false;
  base::UnixMillis created_at = 0;
  base::UnixMillis last_at = 0;  // place in the chat list
  std::optional<base::MsgId> draft;
  std::uint32_t timer = 0;        // seconds until new messages vanish; 0 never
  std::int64_t timer_number = 0;  // of values the one with the highest number counts
};

base::Result<> insert_chat(const Scope& scope, const ChatRow& row);
// Writes every column but last_at and the sending sequence.
base::Result<> update_chat(const Scope& scope, const ChatRow& row);
// The row alone: its messages are deleted one by one before.
base::Result<> delete_chat(const Scope& scope, base::ChatId chat);

base::Result<std::optional<ChatRow>> find_chat(const Scope& scope, base::ChatId chat);
base::Result<ChatRow> load_chat(const Scope& scope, base::ChatId chat);
base::Result<std::optional<ChatRow>> find_chat_by_contact(const Scope& scope,
                                                          base::ContactId contact);
// In the order of the chat list: pinned ones first, then by last_at, newest first.
base::Result<std::vector<ChatRow>> list_chats(const Scope& scope);

// 1, 2, 3, …: the sequence number of our next message in this chat. `at`: when it is sent, which
// moves the chat up in the list; one change of the row does both.
base::Result<std::int64_t> next_send_seq(const Scope& scope, base::ChatId chat,
                                         base::UnixMillis at = 0);
// The next one is above `seq`.
base::Result<> raise_send_seq(const Scope& scope, base::ChatId chat, std::int64_t seq);
base::Result<> set_draft(const Scope& scope, base::ChatId chat, std::optional<base::MsgId> draft);
base::Result<> set_chat_visibility(const Scope& scope, base::ChatId chat, Visibility visibility);
// Moves the chat up in the list, never down.
base::Result<> raise_chat(const Scope& scope, base::ChatId chat, base::UnixMillis at);

}  // namespace store
