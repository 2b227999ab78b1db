// Envelopes that arrived: which ones we have had (decision 12), and those whose session we do not
// know yet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "store/tables/scope.h"

namespace store {

using EnvelopeKey = std::array<std::uint8_t, 32>;

// What an envelope carried, when it was a message.
struct SeenEnvelope {
  std::optional<base::ContactId> contact;
  std::array<std::uint8_t, 16> uuid{};
};

base::Result<std::optional<SeenEnvelope>> find_seen_envelope(const Scope& scope,
                                                             const EnvelopeKey& id);
base::Result<> note_envelope(const Scope& scope, const EnvelopeKey& id, base::UnixMillis at,
                             const SeenEnvelope& seen);
// Forgets what is older; the ratchet and the message uuids refuse repetitions after that.
base::Result<> forget_envelopes(const Scope& scope, base::UnixMillis before);

struct ParkedEnvelope {
  EnvelopeKey id{};
  base::Bytes envelope;
};

// Parking the same one twice is one. Beyond `keep` the oldest goes.
base::Result<> park_envelope(const Scope& scope, const ParkedEnvelope& parked, base::UnixMillis at,
                             std::size_t keep);
base::Result<std::vector<ParkedEnvelope>> parked_envelopes(const Scope& scope);  // oldest first
base::Result<> unpark_envelope(const Scope& scope, const EnvelopeKey& id);
base::Result<> drop_parked_envelopes(const Scope& scope, base::UnixMillis before);

}  // namespace store
