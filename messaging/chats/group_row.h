// Group: a group or channel as it is stored, with its state decoded. For reading only:
// group_rules.h changes groups.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/model/group_state.h"
#include "messaging/model/types.h"
#include "store/tables/chats.h"
#include "store/tables/groups.h"
#include "store/tables/scope.h"

namespace messaging::chats {

struct Group {
  store::GroupRow row;
  GroupState stored;  // as stored
  GroupState state;   // with changes to save

  bool is_owner(const MemberKey& key) const { return !state.channel || state.owner == key; }
};

base::Result<std::optional<Group>> find_group(const store::Scope& scope, const GroupId& id);
base::Result<Group> load_group(const store::Scope& scope, ChatId chat);
base::Result<Group> load_group(const store::Scope& scope, const store::ChatRow& chat);
// Without its state.
base::Result<store::GroupRow> load_group_row(const store::Scope& scope, ChatId chat);

}  // namespace messaging::chats
