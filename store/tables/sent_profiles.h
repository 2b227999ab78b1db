// The contacts that were last sent another profile of ours than the one with this keyed hash.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "store/tables/scope.h"

namespace store {

// Those with a live session that are not blocked, lowest id first.
base::Result<std::vector<base::ContactId>> contacts_without_profile(const Scope& scope,
                                                                    base::ByteView profile,
                                                                    std::size_t limit);
// Nothing: it has to be sent again.
base::Result<> note_profile_mark(const Scope& scope, base::ContactId contact,
                                 std::optional<base::ByteView> profile);

}  // namespace store
