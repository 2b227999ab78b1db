// Which contacts were last sent another profile picture of ours, by its number.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

// The contacts with a session that were not sent this one. `there`: it is a picture; else only
// those that were sent one before.
base::Result<std::vector<base::ContactId>> contacts_without_avatar(const Scope& scope,
                                                                   std::int64_t number, bool there,
                                                                   std::size_t limit);
// nullopt: the contact may not have it. `at`: when it was sent.
base::Result<> note_avatar_sent(const Scope& scope, base::ContactId contact,
                                std::optional<std::int64_t> number, base::UnixMillis at = 0);

struct SentAvatar {
  std::int64_t number = 0;
  base::UnixMillis at = 0;  // 0: not noted
};
// nullopt: the contact was never sent one, or may have lost it.
base::Result<std::optional<SentAvatar>> find_sent_avatar(const Scope& scope,
                                                         base::ContactId contact);

}  // namespace store
