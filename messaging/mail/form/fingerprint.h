// Members of groups and authors of messages are known by MemberKey, which has 32 bytes. The key of
// a contact in a mail account is its OpenPGP fingerprint: of version 4 its 20 bytes and 12 zero
// bytes, of version 6 its 32 bytes.
#pragma once

#include "crypto/openpgp/fingerprint.h"
#include "messaging/model/group_state.h"

namespace messaging::mail {

using crypto::openpgp::Fingerprint;

// Of a fingerprint that is not empty.
MemberKey member_key(const Fingerprint& fingerprint);
Fingerprint fingerprint_of(const MemberKey& key);

}  // namespace messaging::mail
