// Pending states (table pending_state): members of groups to whom the group's state is still to be
// sent, one after the other, by messaging/groups/pending_states.h. A row holds nothing that would
// have to be sealed: whoever is no member is sent nothing, whatever a row says.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

enum class PendingUpdate : std::uint8_t {
  state = 0,
  with_image = 1,  // and with the picture, which it may have been sent before
  first = 2,       // by which it learns of the group
};

struct PendingState {
  base::ContactId contact;
  PendingUpdate image = PendingUpdate::state;  // named as its column
};

// Every present member of the group.
base::Result<> add_pending_state_for_all(const Scope& scope, base::ChatId chat);
base::Result<> add_first_state(const Scope& scope, base::ChatId chat, base::ContactId contact);
base::Result<bool> awaits_first_state(const Scope& scope, base::ChatId chat,
                                      base::ContactId contact);
// With the picture.
base::Result<> add_pending_state(const Scope& scope, base::ChatId chat, base::ContactId contact);
base::Result<> settle_state(const Scope& scope, base::ChatId chat, base::ContactId contact);
// At most `most`, of contacts after this one.
base::Result<std::vector<PendingState>> pending_states(const Scope& scope, base::ChatId chat,
                                                       base::ContactId after, std::size_t most);
base::Result<std::vector<base::ChatId>> chats_with_pending_states(const Scope& scope);

}  // namespace store
