// OwedRenewals: contacts with whom the session is to be renewed a while later: what asks for it may
// be no more than late, an earlier request still has its time, or the RenewalBudget is used up.
// Without this the peer's own repetition, a day later, would be the next occasion. In memory: after
// a restart that repetition has to do. Safe from any thread.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"

namespace messaging::kernel {

class OwedRenewals {
 public:
  using MessageUuid = std::array<std::uint8_t, 16>;
  // Why a renewal is owed: something that any sign of a working session settles, or messages of
  // the contact's that could not be taken, until all of them came.
  struct Reasons {
    bool session = false;
    std::vector<MessageUuid> messages;  // kMostMessages
  };
  struct Owed {
    base::ContactId contact;
    Reasons why;
  };
  static constexpr std::size_t kMostMessages = 32;

  explicit OwedRenewals(const base::Clock& clock) : clock_(clock) {}

  // The earliest of several times counts.
  void owe(base::AccountId account, base::ContactId contact, base::Millis after,
           const std::optional<MessageUuid>& message = {});
  // The present session carries what the contact says.
  void works(base::AccountId account, base::ContactId contact);
  // Takes those out whose time has come.
  std::vector<Owed> take_due(base::AccountId account);
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

}  // namespace messaging::kernel
