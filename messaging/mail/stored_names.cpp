#include "messaging/mail/stored_names.h"

#include "messaging/chats/contact_keys.h"
#include "messaging/mail/form/message_id.h"
#include "store/tables/mail_ids.h"
#include "store/tables/messages.h"

namespace messaging::mail {

std::string stored_message_id(const store::Scope& scope, const Uuid& uuid) {
  const auto stored = store::find_message_id(scope, uuid);
  return stored && *stored ? **stored : message_id_of(uuid);
}

std::string StoredNames::message_id(const MessageRef& ref) const {
  return stored_message_id(scope_, ref.uuid);
}

std::optional<MessageRef> StoredNames::reference(std::string_view message_id) const {
  const Uuid uuid = uuid_of(message_id);
  const auto wrote = [&](ContactId author) {
    const auto there = store::has_message_uuid(scope_, author, uuid);
    return there && *there;
  };
  if (members_.empty()) {
    // A message that is not here is the sender's: ours are here, or were deleted here.
    return MessageRef{uuid, wrote(kSelf)};
  }
  for (const ContactId author : members_) {
    if (!wrote(author)) continue;
    const auto key = chats::key_of(scope_, author);
    if (key) return MessageRef{uuid, false, *key};
  }
  const auto key = chats::key_of(scope_, sender_);
  return key ? std::optional(MessageRef{uuid, false, *key}) : std::nullopt;
}

}  // namespace messaging::mail
