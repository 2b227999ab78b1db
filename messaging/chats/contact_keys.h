// The keys by which contents, groups and cards name people: public identities of 32 bytes in the
// gateways' own protocol; OpenPGP fingerprints in mail, those of 20 bytes padded with zeros. This
// is the one place that converts between the stored form (store/tables/contact_keys.h) and this
// one.
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
// By the gateways' own protocol, and by the account's protocol.
store::ContactKey stored_key(const MemberKey& key);
store::ContactKey stored_key(const kernel::AccountState& account, const MemberKey& key);
// Our own contact's key in a mail account; nothing in any other account.
base::Result<std::optional<MemberKey>> own_mail_key(const store::Scope& scope);

// kSelf for our own key; nothing for a key of nobody we know.
base::Result<std::optional<ContactId>> contact_of(const store::Scope& scope, const MemberKey& key);
base::Result<std::optional<store::ContactRow>> find_contact_by_key(const store::Scope& scope,
                                                                   const MemberKey& key);
// True also when the contact's record does not open.
base::Result<bool> knows_key(const store::Scope& scope, const MemberKey& key);

}  // namespace messaging::chats
