// Contacts' keys: each protocol knows a contact by one key, found by its fingerprint. A key belongs
// to one contact. A fingerprint never changes, except our own with the account's identity; the key
// of a fingerprint may be learned later, or renewed.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/tables/protocol_kind.h"
#include "store/tables/scope.h"

namespace store {

// Of any size, as the protocol makes them.
struct ContactKey {
  ProtocolKind kind = ProtocolKind::gateway;
  base::Bytes fingerprint;  // finds the contact, and is shown to people
  base::Bytes key;          // what the protocol encrypts to; may be the fingerprint itself
};

// Fails with Errc::already_exists when another contact has the key, or this one another of its
// kind.
base::Result<> insert_contact_key(const Scope& scope, base::ContactId contact,
                                  const ContactKey& key);
// The contact's key of this kind and fingerprint has another `key` now.
base::Result<> update_contact_key(const Scope& scope, base::ContactId contact,
                                  const ContactKey& key);
base::Result<> delete_contact_key(const Scope& scope, base::ContactId contact, ProtocolKind kind);
base::Result<> delete_contact_keys(const Scope& scope, base::ContactId contact);
// The contact with this key. Errc::sealed when the row is not intact.
base::Result<std::optional<base::ContactId>> find_key_owner(const Scope& scope, ProtocolKind kind,
                                                            base::ByteView fingerprint);
// Whether a contact has the key, even by a row that is not intact.
base::Result<bool> is_key_known(const Scope& scope, ProtocolKind kind, base::ByteView fingerprint);
// A row's columns, for a query that joins them to the contacts'.
base::Result<ContactKey> read_contact_key(const Scope& scope, base::ContactId contact,
                                          ProtocolKind kind, base::ByteView sealed);

}  // namespace store
