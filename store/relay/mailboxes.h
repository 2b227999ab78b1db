// Mailboxes at a relay: their owners, and what they hold in all.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/connection.h"

namespace store {

// What is stored: of a depositor, a mailbox, an admission or the whole relay.
struct RelayUsage {
  std::int64_t bytes = 0;
  std::int64_t envelopes = 0;
};

struct RelayMailbox {
  std::int64_t id = 0;
  std::array<std::uint8_t, 32> owner{};  // Ed25519
  std::int64_t admission = 0;
  bool admitted = true;  // false: its admission was revoked
  RelayUsage usage;
};

base::Result<std::optional<RelayMailbox>> find_mailbox(Connection& db, std::string_view name);
// Whether its owner is admitted still, and the mailboxes whose owners are not.
base::Result<bool> mailbox_is_admitted(Connection& db, std::int64_t mailbox);
base::Result<std::vector<std::int64_t>> list_revoked_mailboxes(Connection& db);
base::Result<std::int64_t> insert_mailbox(Connection& db, std::string_view name,
                                          const std::array<std::uint8_t, 32>& owner,
                                          std::int64_t admission, base::UnixMillis now);
// The owner came by, now under this admission.
base::Result<> touch_mailbox(Connection& db, std::int64_t mailbox, std::int64_t admission,
                             base::UnixMillis now);
// With its keys and envelopes.
base::Result<> delete_mailbox(Connection& db, std::int64_t mailbox);
// Mailboxes whose owner did not come since `before`; a few at a time. Says how many.
base::Result<std::int64_t> delete_abandoned_mailboxes(Connection& db, base::UnixMillis before);

base::Result<std::int64_t> count_mailboxes(Connection& db);
base::Result<std::int64_t> count_mailboxes_of(Connection& db, std::int64_t admission);
base::Result<RelayUsage> usage_of_admission(Connection& db, std::int64_t admission);
base::Result<RelayUsage> usage_in_all(Connection& db);

}  // namespace store
