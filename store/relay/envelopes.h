// Envelopes that a relay keeps until their mailbox's owner acknowledged them. The counts of
// depositor, mailbox and relay change with them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/connection.h"

namespace store {

struct KeptEnvelope {
  std::int64_t id = 0;
  base::UnixMillis at = 0;
  std::array<std::uint8_t, 16> key_id{};
  base::Bytes body;
};

base::Result<> insert_envelopes(Connection& db, std::int64_t mailbox, std::int64_t depositor,
                                const std::array<std::uint8_t, 16>& key_id, base::UnixMillis now,
                                std::span<const base::ByteView> envelopes);
// In order, those after id `after`, until `max_bytes` are reached (but at least one) or `limit`.
base::Result<std::vector<KeptEnvelope>> envelopes_after(Connection& db, std::int64_t mailbox,
                                                        std::int64_t after, std::size_t max_bytes,
                                                        std::size_t limit);
// Skips ids of other mailboxes and of deleted envelopes. Returns the number deleted.
base::Result<std::int64_t> delete_envelopes(Connection& db, std::int64_t mailbox,
                                            std::span<const std::int64_t> ids);
// Deletes envelopes that arrived before `before`, some hundreds at a time. Returns their number.
base::Result<std::int64_t> delete_old_envelopes(Connection& db, base::UnixMillis before);

}  // namespace store
