// Our profile picture in mails. It goes along with what we say to a contact who was not sent it
// yet, and again after two weeks, as Delta Chat's does; once it is removed, that goes along once.
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

// What a mail to these contacts has to say of our picture; nothing: they know. `now`: of the clock
// that is noted.
base::Result<std::optional<DueAvatar>> due_avatar(const store::Scope& scope,
                                                  const std::vector<ContactId>& contacts,
                                                  base::UnixMillis now);

}  // namespace messaging::mail
