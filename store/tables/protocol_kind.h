// ProtocolKind: which protocol a contact's key, a route and an account's way in belong to.
#pragma once

#include <cstdint>

namespace store {

enum class ProtocolKind : std::uint8_t {
  gateway = 1,  // the gateways' own
  mail = 2,     // e-mail with OpenPGP
};

}  // namespace store
