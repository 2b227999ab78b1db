// The store's use by contact requests and strangers: contacts that are in no list (hidden), and
// chats and groups that wait to be accepted. Read only.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

// Chats and groups that wait to be accepted.
base::Result<std::int64_t> count_requests(const Scope& scope);
// Of one sender, in all chats; counts up to `most`.
base::Result<std::int64_t> count_messages_of(const Scope& scope, base::ContactId from,
                                             std::int64_t most);
// Bytes of files in chats and groups that wait to be accepted, and of files that hidden contacts
// are sending.
base::Result<std::uint64_t> bytes_of_strangers(const Scope& scope);

}  // namespace store
