// StoredNames: translates between Message-IDs and messages of the store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messaging/mail/form/mail_content.h"
#include "messaging/model/types.h"
#include "store/tables/scope.h"

namespace messaging::mail {

// The Message-ID of the mail that brought or brings this message.
std::string stored_message_id(const store::Scope& scope, const Uuid& uuid);

class StoredNames final : public MailNames {
 public:
  // `sender`: of a mail that arrives; kSelf for mails of ours. `members`: of the mail's group;
  // empty: the mail is between two.
  StoredNames(const store::Scope& scope, ContactId sender, std::vector<ContactId> members = {})
      : scope_(scope), sender_(sender), members_(std::move(members)) {}

  std::string message_id(const MessageRef& ref) const override;
  std::optional<MessageRef> reference(std::string_view message_id) const override;

 private:
  const store::Scope& scope_;
  ContactId sender_;
  std::vector<ContactId> members_;
};

}  // namespace messaging::mail
