// The handshake patterns as data, in the notation of the Noise specification, section 7 and 9.
// Within this room.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "crypto/noise.h"

namespace crypto {

enum class NoiseToken : std::uint8_t { e, s, ee, es, se, ss, psk };

struct NoisePatternData {
  std::string_view name;  // of the whole protocol
  bool responder_known;   // the pre-message "<- s"
  bool initiator_static;  // the initiator has a static key
  bool psk;
  std::size_t messages;  // the first one from the initiator
  std::array<std::array<NoiseToken, 5>, 3> tokens;
  std::array<std::size_t, 3> token_counts;

  std::span<const NoiseToken> message(std::size_t index) const {
    return std::span(tokens[index]).first(token_counts[index]);
  }
};

// Null for a number that is no pattern.
const NoisePatternData* find_pattern(NoisePattern pattern);

}  // namespace crypto
