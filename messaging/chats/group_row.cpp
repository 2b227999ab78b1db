#include "messaging/chats/group_row.h"

#include <fmt/format.h>

#include <utility>

#include "store/tables/chats.h"

namespace messaging::chats {
namespace {

using base::Errc;
using base::fail;

base::Result<Group> with_state(const store::Scope& scope, store::GroupRow row) {
  EDGE_TRY(const base::Bytes bytes, store::load_group_state(scope, row.chat));
  auto state = decode_group_state(bytes, MemberKeys::unchecked);
  if (!state) {
    return fail(Errc::corrupt, fmt::format("the group of chat {} is damaged", row.chat.value));
  }
  return Group{std::move(row), *state, *state};
}

}  // namespace

base::Result<std::optional<Group>> find_group(const store::Scope& scope, const GroupId& id) {
  EDGE_TRY(auto row, store::find_group_by_uuid(scope, id));
  if (!row) return std::optional<Group>();
  EDGE_TRY(Group group, with_state(scope, *std::move(row)));
  return std::optional(std::move(group));
}

base::Result<Group> load_group(const store::Scope& scope, ChatId chat) {
  EDGE_TRY(const store::ChatRow row, store::load_chat(scope, chat));
  return load_group(scope, row);
}

base::Result<Group> load_group(const store::Scope& scope, const store::ChatRow& chat) {
  EDGE_TRY(auto row, load_group_row(scope, chat.id));
  return with_state(scope, std::move(row));
}

base::Result<store::GroupRow> load_group_row(const store::Scope& scope, ChatId chat) {
  EDGE_TRY(auto row, store::find_group(scope, chat));
  if (row) return *std::move(row);
  return fail(Errc::invalid_argument,
              fmt::format("chat_id: chat {} is neither a group nor a channel", chat.value));
}

}  // namespace messaging::chats
