#include "messaging/chats/message_refs.h"

#include "messaging/chats/contact_keys.h"

namespace messaging::chats {

base::Result<MessageRef> ref_to(const store::Scope& scope, const store::MessageMark& message,
                                Among among) {
  MessageRef ref{message.uuid, message.from != kSelf};
  if (among == Among::group) {
    EDGE_TRY(ref.author, key_of(scope, message.from));
  }
  return ref;
}

base::Result<std::optional<ContactId>> author_of(const store::Scope& scope, const MessageRef& ref,
                                                 ContactId sender) {
  if (ref.author) return contact_of(scope, *ref.author);
  return std::optional(ref.of_recipient ? kSelf : sender);
}

base::Result<std::optional<store::MessageRow>> find_referred(const store::Scope& scope,
                                                             const MessageRef& ref,
                                                             ContactId sender) {
  EDGE_TRY(const auto author, author_of(scope, ref, sender));
  if (!author) return std::optional<store::MessageRow>();
  return store::find_message_by_uuid(scope, *author, ref.uuid);
}

}  // namespace messaging::chats
