// HeldRecipients: recipients that the account's server deferred (4xx), while the account's other
// mails go on. Mails to such a recipient are skipped until its pause is over, so that they stay in
// order. Pauses begin at a minute, which greylisting asks for, and double up to an hour. In memory:
// after a start each recipient is tried once more.
//
// Safe from any thread. Times are on the boot clock.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "store/tables/outbox.h"

namespace messaging::mail {

class HeldRecipients {
 public:
  static constexpr base::Millis kFirstPause = 60'000;
  static constexpr base::Millis kLongestPause = 3'600'000;

  void put_off(base::AccountId account, const store::OutboxRow& row, base::Millis now);
  // The server accepted or refused a mail to it: the pause ends.
  void served(base::AccountId account, const store::OutboxRow& row);
  // The recipients whose rows are skipped now.
  store::SkippedRows held(base::AccountId account, base::Millis now) const;
  // True once for each pause that is over.
  bool take_over(base::AccountId account, base::Millis now);
  void forget(base::AccountId account);

 private:
  // The contact; a row without a contact, which goes to somebody unknown, has a key of its own.
  struct Key {
    base::AccountId account;
    std::optional<base::ContactId> contact;
    std::int64_t row = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Pause {
    int times = 0;
    base::Millis until = 0;
    bool over = false;
  };
  static Key key_of(base::AccountId account, const store::OutboxRow& row) {
    return {account, row.contact, row.contact ? 0 : row.id};
  }

  mutable base::Mutex mutex_;
  std::map<Key, Pause> pauses_ GUARDED_BY(mutex_);
};

}  // namespace messaging::mail
