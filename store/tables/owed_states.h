// Members of groups that are owed the group's state: told one after the other, by
// messaging/groups/owed_states.h. A row says nothing that would have to be sealed: whoever is no
// member is not told, whatever a row says.
#pragma once

#include <vector>

#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

struct OwedState {
  base::ContactId contact;
  bool image = false;  // with the picture, which it may have been sent before
};

// Every present member of the group.
base::Result<> owe_state_to_all(const Scope& scope, base::ChatId chat);
// With the picture.
base::Result<> owe_state(const Scope& scope, base::ChatId chat, base::ContactId contact);
base::Result<> settle_state(const Scope& scope, base::ChatId chat, base::ContactId contact);
// At most `most`, of contacts after this one.
base::Result<std::vector<OwedState>> owed_states(const Scope& scope, base::ChatId chat,
                                                 base::ContactId after, std::size_t most);
base::Result<std::vector<base::ChatId>> chats_that_owe_states(const Scope& scope);

}  // namespace store
