// Converts between messages of the store and the MessageRefs that identify them on the wire.
#pragma once

#include <optional>

#include "base/result.h"
#include "messaging/model/message_ref.h"
#include "messaging/model/types.h"
#include "store/tables/messages.h"
#include "store/tables/scope.h"

namespace messaging::chats {

enum class Among { two, group };

base::Result<MessageRef> ref_to(const store::Scope& scope, const store::MessageMark& message,
                                Among among);
// The author of the message that a content of `sender` refers to; nullopt: somebody not known here.
base::Result<std::optional<ContactId>> author_of(const store::Scope& scope, const MessageRef& ref,
                                                 ContactId sender);
// The message that a content of `sender` refers to; nullopt: it is not here. The caller checks that
// it is in the right chat.
base::Result<std::optional<store::MessageRow>> find_referred(const store::Scope& scope,
                                                             const MessageRef& ref,
                                                             ContactId sender);

}  // namespace messaging::chats
