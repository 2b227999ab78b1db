// Mail ids: Message-IDs that have to be written again and are not made of their message's uuid, and
// the Message-IDs of mails that were taken, so that a mail counts once whichever way and however
// often it comes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "store/tables/scope.h"

namespace store {

// The Message-ID of which `uuid` is a hash. Known ones are left as they are.
base::Result<> note_message_id(const Scope& scope, const Uuid& uuid, std::string_view message_id);
base::Result<std::optional<std::string>> find_message_id(const Scope& scope, const Uuid& uuid);

// False: it was taken before.
base::Result<bool> note_taken_mail(const Scope& scope, std::string_view message_id,
                                   base::UnixMillis at);
base::Result<bool> is_taken_mail(const Scope& scope, std::string_view message_id);
base::Result<> forget_taken_mails(const Scope& scope, base::UnixMillis before);

}  // namespace store
