// Contacts of an account: itself (1), info (2), device (5), and real contacts from 10 on. A contact
// is a key; its address is a label that two contacts may share (decision 5).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/completion.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

class Contacts {
 public:
  explicit Contacts(kernel::Core& core) : core_(core) {}

  // Real contacts that are not blocked, by name; `query` is part of a name or address, any case.
  base::Result<std::vector<Contact>> list(AccountId account, bool with_self,
                                          const std::optional<std::string>& query) const;
  base::Result<std::vector<ContactId>> ids(AccountId account, bool with_self,
                                           const std::optional<std::string>& query) const;
  base::Result<Contact> get(AccountId account, ContactId contact) const;
  // In the order of the request, without those whose rows do not open; an error names a missing
  // contact.
  base::Result<std::vector<Contact>> get_many(AccountId account,
                                              const std::vector<ContactId>& contacts) const;
  // The verified contact seen last under this address.
  base::Result<std::optional<ContactId>> lookup_by_addr(AccountId account,
                                                        const std::string& addr) const;
  base::Result<std::vector<Contact>> blocked(AccountId account) const;
  void rename(AccountId account, ContactId contact, std::string name, base::Completion<> done);
  void set_blocked(AccountId account, ContactId contact, bool blocked, base::Completion<> done);

 private:
  kernel::Core& core_;
};

}  // namespace messaging
