// The enums of a chat's columns. Stored, and answered to clients: never change a number.
#pragma once

#include <cstdint>

namespace store {

enum class ChatType : std::uint8_t {
  single = 100,
  group = 120,
  mailinglist = 140,
  out_broadcast = 160,
  in_broadcast = 165
};
enum class ChatBlocked : std::uint8_t { no = 0, yes = 1, request = 2 };
enum class Visibility : std::uint8_t { normal = 0, archived = 1, pinned = 2 };

}  // namespace store
