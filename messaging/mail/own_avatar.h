// Our profile picture in mails. It is part of a mail to a contact that was not sent it yet, and
// again after two weeks, as with Delta Chat; after its removal one mail carries that.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "messaging/kernel/core.h"
#include "messaging/model/types.h"
#include "store/tables/scope.h"

namespace messaging::mail {

struct DueAvatar {
  std::int64_t number = 0;           // to be noted for whom it reached (note_avatar_sent())
  std::optional<std::int64_t> blob;  // nothing: the picture was removed
};

// What a mail to these contacts must carry of our picture; nothing: they have it. `now`: of the
// clock that is noted.
base::Result<std::optional<DueAvatar>> due_avatar(const store::Scope& scope,
                                                  const std::vector<ContactId>& contacts,
                                                  base::UnixMillis now);

}  // namespace messaging::mail
