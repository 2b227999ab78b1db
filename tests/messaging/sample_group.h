// A group's state with something in each field, of one member.
#pragma once

#include "messaging/model/group_state.h"

namespace test {

inline messaging::GroupState sample_group(const messaging::MemberKey& key) {
  messaging::GroupState state;
  state.name = {{3, key}, "Shift 2"};
  state.description = {{2, key}, "night"};
  state.image = {{4, key}, messaging::ImageHash{1, 2, 3}};
  messaging::MemberCard card;
  card.version = 2;
  card.addr = "alice@factory";
  card.name = "Alice";
  card.urls = {"http://127.0.0.1:7200"};
  card.mailbox = "0123456789abcdef";
  card.token = std::array<std::uint8_t, 32>{9};
  state.members[key] = {1, true, key, card};
  return state;
}

}  // namespace test
