// Manifests of devices: the one that each contact's device sent us, and which one of ours each
// contact was sent.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "crypto/wiping.h"
#include "store/tables/scope.h"

namespace store {

// The encoded manifest that the contact sent last.
base::Result<std::optional<crypto::WipingBytes>> find_manifest(const Scope& scope,
                                                               base::ContactId contact);
base::Result<> put_manifest(const Scope& scope, base::ContactId contact, base::ByteView encoded);

// The keyed hash of the manifest that the contact was sent last; nothing: none.
base::Result<std::optional<base::Bytes>> sent_manifest_hash(const Scope& scope,
                                                            base::ContactId contact);
base::Result<> note_manifest_sent(const Scope& scope, base::ContactId contact, base::ByteView hash);

// Known contacts with a link that are not blocked, of ids above `after`, lowest first.
base::Result<std::vector<base::ContactId>> linked_contacts(const Scope& scope,
                                                           base::ContactId after,
                                                           std::size_t limit);

}  // namespace store
