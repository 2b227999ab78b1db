// The keys by which contents, groups and cards name people: of the gateways' own protocol public
// identities of 32 bytes; of mail OpenPGP fingerprints, those of 20 bytes with zeros behind. Here
// is the one place that turns the stored form (store/tables/contact_keys.h) into this one.
#pragma once

#include <optional>

#include "base/result.h"
#include "messaging/kernel/core.h"
#include "messaging/model/group_state.h"
#include "messaging/model/types.h"
#include "store/tables/contacts.h"
#include "store/tables/scope.h"

namespace messaging::chats {

MemberKey key_of(const kernel::AccountState& account);
// Nothing for a contact without such a key.
std::optional<MemberKey> key_of(const store::ContactRow& contact);
base::Result<MemberKey> key_of(const store::Scope& scope, ContactId contact);
// Of the gateways' own protocol, and of the one that the account speaks.
store::ContactKey stored_key(const MemberKey& key);
store::ContactKey stored_key(const kernel::AccountState& account, const MemberKey& key);
// Of our own contact in an account of mail; nothing in any other.
base::Result<std::optional<MemberKey>> own_mail_key(const store::Scope& scope);

// Nothing for a key that we know no contact of; kSelf for our own.
base::Result<std::optional<ContactId>> contact_of(const store::Scope& scope, const MemberKey& key);
base::Result<std::optional<store::ContactRow>> find_contact_by_key(const store::Scope& scope,
                                                                   const MemberKey& key);
// True as well where the contact's record does not open.
base::Result<bool> knows_key(const store::Scope& scope, const MemberKey& key);

}  // namespace messaging::chats
