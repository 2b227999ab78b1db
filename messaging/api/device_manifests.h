// DeviceManifests: which commands contacts may ask this device for, kept the same at all of them;
// and what their devices say.
//
// Safe from any thread. What contacts are sent is found out a few contacts in each write.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "base/result.h"
#include "messaging/kernel/device.h"
#include "messaging/model/types.h"
#include "store/tables/contacts.h"
#include "store/tables/scope.h"

namespace messaging::kernel {
struct AccountState;
class Core;
struct WriteContext;
}  // namespace messaging::kernel

namespace messaging {

// What commands are allowed to a contact by; the key is the one by which the account reaches it.
base::Result<kernel::DeviceContact> device_contact(const store::Scope& scope,
                                                   const kernel::AccountState& account,
                                                   const store::ContactRow& contact);

class DeviceManifests {
 public:
  explicit DeviceManifests(kernel::Core& core) : core_(core) {}

  // What the contact of a single chat says of its device; nothing: nothing so far.
  base::Result<std::optional<DeviceManifest>> of_chat(AccountId account, ChatId chat) const;

  // Tells the contact what it may ask for, unless it was told just that. `anew`: told or not.
  void send(AccountId account, ContactId contact, bool anew);
  // All contacts of all accounts, those with a link.
  void send_to_all();

 private:
  struct Due {
    std::map<ContactId, bool> contacts;  // and whether it is told anew
    std::optional<ContactId> all_after;  // every contact with a higher id, too
    bool under_way = false;
  };
  void begin(AccountId account);
  std::optional<Due> take(AccountId account);
  base::Result<std::optional<ContactId>> send_to_some(const kernel::WriteContext& write,
                                                      const Due& due) const;

  kernel::Core& core_;
  base::Mutex mutex_;
  std::map<AccountId, Due> due_ GUARDED_BY(mutex_);
};

}  // namespace messaging
