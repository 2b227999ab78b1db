// Pending states (table owed_state): members of groups to whom the group's state is still to be
// sent, one after the other, by messaging/groups/pending_states.h. A row holds nothing that would
// have to be sealed: whoever is no member is sent nothing, whatever a row says.
#pragma once

#include <vector>

#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

struct PendingState {
  base::ContactId contact;
  bool image = false;  // with the picture, which it may have been sent before
};

// Every present member of the group.
base::Result<> add_pending_state_for_all(const Scope& scope, base::ChatId chat);
// With the picture.
base::Result<> add_pending_state(const Scope& scope, base::ChatId chat, base::ContactId contact);
base::Result<> settle_state(const Scope& scope, base::ChatId chat, base::ContactId contact);
// At most `most`, of contacts after this one.
base::Result<std::vector<PendingState>> pending_states(const Scope& scope, base::ChatId chat,
                                                       base::ContactId after, std::size_t most);
base::Result<std::vector<base::ChatId>> chats_with_pending_states(const Scope& scope);

}  // namespace store
