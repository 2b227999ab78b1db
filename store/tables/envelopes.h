// Envelopes that arrived: the ids of those that were applied (decision 12), and those whose session
// is not known yet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "store/tables/scope.h"
#include "store/tables/shares.h"

namespace store {

using EnvelopeKey = std::array<std::uint8_t, 32>;

// The content of an envelope that was a message.
struct SeenEnvelope {
  std::optional<base::ContactId> contact;
  std::array<std::uint8_t, 16> uuid{};
};

base::Result<std::optional<SeenEnvelope>> find_seen_envelope(const Scope& scope,
                                                             const EnvelopeKey& id);
base::Result<> note_envelope(const Scope& scope, const EnvelopeKey& id, base::UnixMillis at,
                             const SeenEnvelope& seen);
// Forgets older ids; the ratchet and the message uuids reject repetitions after that.
base::Result<> forget_envelopes(const Scope& scope, base::UnixMillis before);

using EnvelopeTag = std::array<std::uint8_t, 16>;

struct ParkedEnvelope {
  std::int64_t seq = 0;  // given by park_envelope
  EnvelopeKey id{};
  // What the column says, by which the row is found; nothing in rows of earlier versions. It is not
  // sealed: whoever fetches by it compares it with the tag inside the envelope.
  std::optional<EnvelopeTag> tag;
  std::int64_t source = 0;  // the party it came from, by which it is counted
  base::Bytes envelope;
};

// How much is parked for one account; the parties are the sources (store/tables/shares.h).
inline constexpr ShareBounds kParkingBounds{.count = 1000,
                                            .bytes = std::size_t{64} * 1024 * 1024,
                                            .count_each = 300,
                                            .bytes_each = std::size_t{8} * 1024 * 1024};

// Parking the same envelope again has no effect. Deletes rows beyond the bounds.
base::Result<> park_envelope(const Scope& scope, const ParkedEnvelope& parked, base::UnixMillis at,
                             const ShareBounds& bounds = kParkingBounds);
// At most `most` after `seq`, the oldest first: those under this tag, and those without one.
base::Result<std::vector<ParkedEnvelope>> parked_with_tag(const Scope& scope,
                                                          const EnvelopeTag& tag, std::int64_t seq,
                                                          std::size_t most);
// Tags of parked envelopes whose session is known by now.
base::Result<std::vector<EnvelopeTag>> parked_tags_with_session(const Scope& scope,
                                                                std::size_t most);
base::Result<> set_parked_tag(const Scope& scope, const EnvelopeKey& id, const EnvelopeTag& tag);
base::Result<> unpark_envelope(const Scope& scope, const EnvelopeKey& id);
base::Result<> drop_parked_envelopes(const Scope& scope, base::UnixMillis before);

}  // namespace store
