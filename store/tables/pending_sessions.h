// Contacts with whom sessions are to be begun, because the account came from a backup or another
// gateway: it has no session, and they may know it under another address. A row stays until a
// session lives.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

// All known contacts that are reached by a route and not blocked.
base::Result<> add_pending_sessions(const Scope& scope, base::UnixMillis due);
// The ones due by now, the longest due first.
base::Result<std::vector<base::ContactId>> sessions_due(const Scope& scope, base::UnixMillis now,
                                                        std::size_t limit);
base::Result<> set_session_due(const Scope& scope, base::ContactId contact, base::UnixMillis due);
// Deletes the rows of contacts that have a live session by now.
base::Result<> settle_pending_sessions(const Scope& scope);
base::Result<> delete_pending_session(const Scope& scope, base::ContactId contact);

}  // namespace store
