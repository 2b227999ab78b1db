// Contents for a group from senders who are not known as its members. They are checked again when
// the group's state changes.
#pragma once

#include <vector>

#include "base/clock.h"
#include "crypto/wiping.h"
#include "store/tables/scope.h"
#include "store/tables/shares.h"

namespace store {

struct HeldContent {
  std::int64_t id = 0;
  base::ContactId contact;
  crypto::WipingBytes content;
};

// How much is held for one account; the parties are the contacts (store/tables/shares.h).
inline constexpr ShareBounds kHoldingBounds{.count = 1000,
                                            .bytes = std::size_t{32} * 1024 * 1024,
                                            .count_each = 300,
                                            .bytes_each = std::size_t{4} * 1024 * 1024};

// Deletes rows beyond the bounds.
base::Result<> hold_content(const Scope& scope, const Uuid& group, const HeldContent& held,
                            base::UnixMillis at, const ShareBounds& bounds = kHoldingBounds);
base::Result<bool> holds_content(const Scope& scope, const Uuid& group, base::ContactId contact);
base::Result<bool> holds_any_content(const Scope& scope, const Uuid& group);
// The highest id; 0: nothing is held.
base::Result<std::int64_t> last_held_content(const Scope& scope, const Uuid& group);
// At most `most` of those with ids above `after` and up to `until`, in the order of arrival. One
// that does not open is empty.
base::Result<std::vector<HeldContent>> held_contents(const Scope& scope, const Uuid& group,
                                                     std::int64_t after, std::int64_t until,
                                                     std::size_t most);
// False: the content is not held any more.
base::Result<bool> release_content(const Scope& scope, std::int64_t id);
base::Result<> forget_held_contents(const Scope& scope, base::UnixMillis before);

}  // namespace store
