// MessageRef: identifies a message in a content, for example one that is quoted or acknowledged.
// Every content that refers to a message uses a MessageRef; messaging/chats/message_refs.h makes
// and resolves them.
//
// A message is identified by its author and the author's uuid. In a 1:1 chat the author is the
// sender or the recipient of the content; in a group, a member, by its key.
#pragma once

#include <optional>

#include "base/wire.h"
#include "messaging/model/card.h"
#include "messaging/model/group_state.h"

namespace messaging {

struct MessageRef {
  Uuid uuid{};
  bool of_recipient = false;                       // the recipient's message, else the sender's
  std::optional<MemberKey> author = std::nullopt;  // in groups, where it replaces of_recipient
};

// On the wire in two pieces, as in kinds 2 and 10; a new kind writes one after the other.
//   ref    = uuid 16 | bool of recipient
//   author = bool there | identity 32
void write_ref(base::WireWriter& out, const MessageRef& ref);
MessageRef read_ref(base::WireReader& in);
void write_author(base::WireWriter& out, const std::optional<MemberKey>& author);
std::optional<MemberKey> read_author(base::WireReader& in);

}  // namespace messaging
