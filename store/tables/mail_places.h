// Mail places: where the mails lie that were taken and left on their server.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

struct MailPlaceRow {
  std::int64_t transport = 0;  // id of the login's row
  std::uint32_t uid_validity = 0;
  std::uint32_t uid = 0;
  friend bool operator==(const MailPlaceRow&, const MailPlaceRow&) = default;
};

// A known place keeps its time.
base::Result<> note_mail_place(const Scope& scope, const MailPlaceRow& place, base::UnixMillis at);
// Those of one login from before `before`, the oldest first, `limit` at most.
base::Result<std::vector<MailPlaceRow>> mail_places_before(const Scope& scope,
                                                           std::int64_t transport,
                                                           base::UnixMillis before,
                                                           std::size_t limit);
base::Result<> forget_mail_place(const Scope& scope, const MailPlaceRow& place);
base::Result<> forget_mail_places_of(const Scope& scope, std::int64_t transport);
base::Result<> forget_mail_places_before(const Scope& scope, base::UnixMillis before);

}  // namespace store
