// PostponedRenewals: sessions to be renewed a while later. A session is not renewed at once when
// the message that suggests a fault may merely be late, when an earlier request is still within its
// time, or when the RenewalBudget is used up. Without an entry here the next occasion would be the
// peer's own retry, a day later. In memory: after a restart that retry is the occasion. Safe from
// any thread.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"

namespace messaging::peering {

class PostponedRenewals {
 public:
  using MessageUuid = std::array<std::uint8_t, 16>;
  // Why a session is to be renewed: a doubt that any sign of a working session removes, or messages
  // of the contact that could not be applied, until all of them arrived.
  struct Reasons {
    bool session = false;
    std::vector<MessageUuid> messages;  // kMostMessages
  };
  struct Due {
    base::ContactId contact;
    Reasons why;
  };
  static constexpr std::size_t kMostMessages = 32;

  explicit PostponedRenewals(const base::Clock& clock) : clock_(clock) {}

  // The earliest of several times counts.
  void postpone(base::AccountId account, base::ContactId contact, base::Millis after,
                const std::optional<MessageUuid>& message = {});
  // The present session works: removes the reason `session`.
  void session_works(base::AccountId account, base::ContactId contact);
  // Removes and returns the entries whose time has come.
  std::vector<Due> take_due(base::AccountId account);
  void forget(base::AccountId account);

 private:
  using Key = std::pair<base::AccountId, base::ContactId>;
  struct Entry {
    base::Millis due = 0;  // on the boot clock
    Reasons why;
  };
  const base::Clock& clock_;
  base::Mutex mutex_;
  std::map<Key, Entry> entries_ GUARDED_BY(mutex_);
};

}  // namespace messaging::peering
