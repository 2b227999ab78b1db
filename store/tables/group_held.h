// Contents that came for a group from somebody who is no member of it as far as we know. They are
// judged again when the group's state changes.
#pragma once

#include <vector>

#include "base/clock.h"
#include "crypto/wiping.h"
#include "store/tables/scope.h"

namespace store {

struct HeldContent {
  std::int64_t id = 0;
  base::ContactId contact;
  crypto::WipingBytes content;
};

// The oldest goes when the account holds more than `limit` of them.
base::Result<> hold_content(const Scope& scope, const Uuid& group, const HeldContent& held,
                            base::UnixMillis at, std::int64_t limit);
base::Result<bool> holds_content(const Scope& scope, const Uuid& group, base::ContactId contact);
// In the order of arrival; what does not open is left out.
base::Result<std::vector<HeldContent>> held_contents(const Scope& scope, const Uuid& group);
// False: it is not held any more.
base::Result<bool> release_content(const Scope& scope, std::int64_t id);
base::Result<> forget_held_contents(const Scope& scope, base::UnixMillis before);

}  // namespace store
