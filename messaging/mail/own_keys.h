// OwnKeys: the OpenPGP keys of our mail accounts, read from the store once and kept while the
// daemon runs, since a key is used for every mail.
//
// Safe from any thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "crypto/openpgp/openpgp.h"
#include "store/tables/scope.h"

namespace messaging::mail {

// An account's key as its mails need it. Immutable; shared.
struct OwnKey {
  crypto::openpgp::SecretKey secret;
  crypto::openpgp::Certificate certificate;  // says where the account is reached
};
using OwnKeyPtr = std::shared_ptr<const OwnKey>;

class OwnKeys {
 public:
  // Errc::unavailable for an account that has none.
  base::Result<OwnKeyPtr> get(const store::Scope& scope);
  // Call when the account was removed, or its certificate changed.
  void forget(base::AccountId account);

 private:
  base::Mutex mutex_;
  std::map<base::AccountId, OwnKeyPtr> keys_ GUARDED_BY(mutex_);
};

}  // namespace messaging::mail
