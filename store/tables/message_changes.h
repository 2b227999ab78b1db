// Changes of messages: reactions, pins, and the latest edit by a message's author. They are kept by
// author and uuid, so that one may come before its message; such a one waits. A deletion leaves a
// tombstone instead (store/tables/messages.h) unless it comes before its message.
//
// Of a contact's changes of one kind to a message the one with the highest number is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/tables/message_enums.h"
#include "store/tables/scope.h"

namespace store {

inline constexpr std::size_t kMaxWaitingChanges = 256;            // of one contact; the oldest go
inline constexpr std::size_t kMaxWaitingBytes = 4 * 1024 * 1024;  // of their texts together

struct MessageChangeRow {
  base::ContactId author;   // of the message
  Uuid uuid{};              // of the message
  base::ContactId contact;  // who changed it
  ChangeKind kind = ChangeKind::reaction;
  std::int64_t number = 0;
  bool waits = false;
  // Sealed:
  std::string text;  // the new text; reactions with a blank between them, "" none
};

// False: one with this number or a higher one is there; nothing was changed.
base::Result<bool> put_message_change(const Scope& scope, const MessageChangeRow& row);
base::Result<std::optional<MessageChangeRow>> find_message_change(const Scope& scope,
                                                                  base::ContactId author,
                                                                  const Uuid& uuid,
                                                                  base::ContactId contact,
                                                                  ChangeKind kind);
// Whether there is any, to any message.
base::Result<bool> has_message_changes(const Scope& scope);
// Those of one kind to one message, by contact.
base::Result<std::vector<MessageChangeRow>> list_message_changes(const Scope& scope,
                                                                 base::ContactId author,
                                                                 const Uuid& uuid, ChangeKind kind);
// The message is here: nothing waits for it any more.
base::Result<> settle_message_changes(const Scope& scope, base::ContactId author, const Uuid& uuid);
base::Result<> delete_message_change(const Scope& scope, const MessageChangeRow& row);
base::Result<> delete_message_changes(const Scope& scope, base::ContactId author, const Uuid& uuid);

}  // namespace store
