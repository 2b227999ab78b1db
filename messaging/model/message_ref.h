// MessageRef: which message a content means: one that is quoted or acknowledged, and whatever later
// kinds do to one. Every content that names a message has a MessageRef and no other form;
// messaging/chats/message_refs.h makes and resolves them.
//
// A message is its author's uuid. Between two people the author is one of both sides of the content
// that names it; in a group it is a member, by its key.
#pragma once

#include <optional>

#include "base/wire.h"
#include "messaging/model/card.h"
#include "messaging/model/group_state.h"

namespace messaging {

struct MessageRef {
  Uuid uuid{};
  bool of_recipient = false;                       // the recipient's message, else the sender's
  std::optional<MemberKey> author = std::nullopt;  // in groups; stands before of_recipient
};

// On the wire in two pieces, as kinds 2 and 10 had them first; a new kind writes one behind the
// other.
//   ref    = uuid 16 | bool of recipient
//   author = bool there | identity 32
void write_ref(base::WireWriter& out, const MessageRef& ref);
MessageRef read_ref(base::WireReader& in);
void write_author(base::WireWriter& out, const std::optional<MemberKey>& author);
std::optional<MemberKey> read_author(base::WireReader& in);

}  // namespace messaging
