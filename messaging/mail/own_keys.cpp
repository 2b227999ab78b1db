#include "messaging/mail/own_keys.h"

#include <fmt/format.h>

#include "messaging/model/types.h"
#include "store/tables/contacts.h"
#include "store/tables/mail_keys.h"

namespace messaging::mail {
namespace {

base::Result<OwnKeyPtr> load_own_key(const store::Scope& scope) {
  EDGE_TRY(const auto stored, store::find_mail_key(scope));
  EDGE_TRY(const store::ContactRow self, store::load_contact(scope, kSelf));
  const store::ContactKey* key = self.key(store::ProtocolKind::mail);
  if (!stored || key == nullptr) {
    return base::fail(base::Errc::unavailable,
                      fmt::format("account {} has no key for mails: add_or_update_transport makes "
                                  "it one that is reached by mail",
                                  scope.account.value));
  }
  EDGE_TRY(auto secret, crypto::openpgp::SecretKey::read(*stored));
  EDGE_TRY(auto certificate, crypto::openpgp::Certificate::read_stored(key->key));
  return std::make_shared<const OwnKey>(OwnKey{std::move(secret), std::move(certificate)});
}

}  // namespace

base::Result<OwnKeyPtr> OwnKeys::get(const store::Scope& scope) {
  {
    base::Lock lock(mutex_);
    if (const auto known = keys_.find(scope.account); known != keys_.end()) return known->second;
  }
  EDGE_TRY(OwnKeyPtr key, load_own_key(scope));
  base::Lock lock(mutex_);
  keys_[scope.account] = key;
  return key;
}

void OwnKeys::forget(base::AccountId account) {
  base::Lock lock(mutex_);
  keys_.erase(account);
}

}  // namespace messaging::mail
