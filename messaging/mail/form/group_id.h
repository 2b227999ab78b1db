// The ids of groups and channels in mails: 11 to 32 characters of base64url. Our own are the
// base64url form of the group's 16 bytes (22 characters); of any other id the 16 bytes are a hash,
// and its text is stored with the group.
#pragma once

#include <string>
#include <string_view>

#include "messaging/model/group_state.h"

namespace messaging::mail {

bool is_group_id(std::string_view text);
std::string group_text(const GroupId& id);
// Of a valid text. group_text(group_id_of(text)) == text exactly when has_plain_group_id(text).
GroupId group_id_of(std::string_view text);
bool has_plain_group_id(std::string_view text);

}  // namespace messaging::mail
