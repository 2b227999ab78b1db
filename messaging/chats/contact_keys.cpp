#include "messaging/chats/contact_keys.h"

#include <fmt/format.h>

#include <algorithm>

namespace messaging::chats {

MemberKey key_of(const kernel::AccountState& account) {
  return account.identity.public_key().bytes();
}

std::optional<MemberKey> key_of(const store::ContactRow& contact) {
  const store::ContactKey* stored = contact.key(kernel::ProtocolKind::gateway);
  MemberKey key;
  if (stored == nullptr || stored->key.size() != key.size()) return std::nullopt;
  std::copy(stored->key.begin(), stored->key.end(), key.begin());
  return key;
}

base::Result<MemberKey> key_of(const store::Scope& scope, ContactId contact) {
  EDGE_TRY(const store::ContactRow row, store::load_contact(scope, contact));
  if (const auto key = key_of(row)) return *key;
  return base::fail(base::Errc::invalid_argument,
                    fmt::format("contact {} is not somebody who can be in a group", contact.value));
}

store::ContactKey stored_key(const MemberKey& key) {
  const base::Bytes bytes = base::to_bytes(base::ByteView(key));
  return {kernel::ProtocolKind::gateway, bytes,
          bytes};  // the fingerprint is the key itself (decision 5)
}

base::Result<std::optional<ContactId>> contact_of(const store::Scope& scope, const MemberKey& key) {
  return store::find_key_owner(scope, kernel::ProtocolKind::gateway, key);
}

base::Result<std::optional<store::ContactRow>> find_contact_by_key(const store::Scope& scope,
                                                                   const MemberKey& key) {
  return store::find_contact_by_key(scope, kernel::ProtocolKind::gateway, key);
}

base::Result<bool> knows_key(const store::Scope& scope, const MemberKey& key) {
  return store::is_key_known(scope, kernel::ProtocolKind::gateway, key);
}

}  // namespace messaging::chats
