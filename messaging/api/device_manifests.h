// DeviceManifests: the commands that contacts may ask this device for, sent to all of them and kept
// up to date; and what their devices offer.
//
// Safe from any thread. Manifests are computed a few contacts in each write.
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

// The caller for whom commands are allowed; the key is the one by which the account reaches the
// contact.
base::Result<kernel::DeviceContact> device_contact(const store::Scope& scope,
                                                   const kernel::AccountState& account,
                                                   const store::ContactRow& contact);

class DeviceManifests {
 public:
  explicit DeviceManifests(kernel::Core& core) : core_(core) {}

  // The manifest of a single chat's contact; nothing: none has come so far.
  base::Result<std::optional<DeviceManifest>> of_chat(AccountId account, ChatId chat) const;

  // Sends the contact its manifest unless it was sent this one already. `anew`: in any case.
  void send(AccountId account, ContactId contact, bool anew);
  // All contacts of all accounts, those with a link.
  void send_to_all();

 private:
  struct Due {
    std::map<ContactId, bool> contacts;  // and whether it is sent anew
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
