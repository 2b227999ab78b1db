// Kinds of envelopes, inside the outer seal.
#pragma once

#include <cstdint>

namespace messaging::peering {

enum class EnvelopeKind : std::uint8_t {
  join_request = 1,
  join_answer = 2,
  message = 3,
  part = 4,
  session_request = 5,
  session_answer = 6,
};

}  // namespace messaging::peering
