// Contacts of an account: itself (1), info (2), device (5), and real contacts from 10 on. A contact
// is a key; its address is a label that two contacts may share (decision 5).
#pragma once

#include <functional>
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

  enum class Who { with_key, address_alone };
  // Real contacts that are not blocked, by name; `query` is part of a name or address, any case.
  base::Result<std::vector<Contact>> list(AccountId account, bool with_self,
                                          const std::optional<std::string>& query,
                                          Who who = Who::with_key) const;
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

  // A contact of whom only an address is known, and who cannot be written to. An existing contact
  // with this address is renamed and put back into the lists. An empty name changes none.
  void create(AccountId account, std::string addr, std::string name,
              base::Completion<ContactId> done);
  // Removes the contact from the lists; a contact that nothing else refers to is deleted. Chats
  // stay. If the contact writes again, that is a contact request.
  void remove(AccountId account, ContactId contact, base::Completion<> done);

  // Cards (messaging/model/vcard.h). Whoever has our card may write to us; that is a contact
  // request.
  void make_vcard(AccountId account, std::vector<ContactId> contacts,
                  base::Completion<std::string> text);
  // The contact of each card that can be imported, in order. Not verified; can be written to.
  void import_vcard(AccountId account, std::string text,
                    base::Completion<std::vector<ContactId>> done);
  // The text of a caller's file, or of a file of an account that `may_see` allows.
  base::Result<std::string> vcard_text(const std::string& path,
                                       const std::function<bool(AccountId)>& may_see) const;

 private:
  kernel::Core& core_;
};

}  // namespace messaging
