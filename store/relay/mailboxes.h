// Mailboxes at a relay: their owners, and what they hold in all.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/connection.h"

namespace store {

// The stored amount of a depositor, a mailbox, an admission or the whole relay.
struct RelayUsage {
  std::int64_t bytes = 0;
  std::int64_t envelopes = 0;
};

// The party that a mailbox counts toward: an admission, or without one the address that opened it.
struct RelayParty {
  std::int64_t admission = 0;  // kOpenAdmission: none
  base::Bytes opener = {};     // a keyed hash of the address; empty: it says nothing
};

struct RelayMailbox {
  std::int64_t id = 0;
  std::array<std::uint8_t, 32> owner{};  // Ed25519
  RelayParty party;
  bool admitted = true;  // false: its admission was revoked
  RelayUsage usage;
};

base::Result<std::optional<RelayMailbox>> find_mailbox(Connection& db, std::string_view name);
// Whether its owner is admitted still, and the mailboxes whose owners are not.
base::Result<bool> mailbox_is_admitted(Connection& db, std::int64_t mailbox);
base::Result<std::vector<std::int64_t>> list_revoked_mailboxes(Connection& db);
base::Result<std::int64_t> insert_mailbox(Connection& db, std::string_view name,
                                          const std::array<std::uint8_t, 32>& owner,
                                          const RelayParty& party, base::UnixMillis now);
// The owner connected, as this party.
base::Result<> touch_mailbox(Connection& db, std::int64_t mailbox, const RelayParty& party,
                             base::UnixMillis now);
// With its keys and envelopes.
base::Result<> delete_mailbox(Connection& db, std::int64_t mailbox);

struct MailboxName {
  std::int64_t id = 0;
  std::string name;
};
// Deletes mailboxes whose owner did not connect since `before`, and those without a key and an
// envelope whose owner did not connect since `unused_before`; a few at a time. Returns them.
base::Result<std::vector<MailboxName>> delete_abandoned_mailboxes(Connection& db,
                                                                  base::UnixMillis before,
                                                                  base::UnixMillis unused_before);
// Mailboxes without a key and an envelope, longest unused first: of the party, or of everybody. At
// most 128.
base::Result<std::vector<MailboxName>> unused_mailboxes(Connection& db,
                                                        const std::optional<RelayParty>& party);

base::Result<std::int64_t> count_mailboxes(Connection& db);
// 0 for an unknown party.
base::Result<std::int64_t> count_mailboxes_of(Connection& db, const RelayParty& party);
base::Result<RelayUsage> usage_of(Connection& db, const RelayParty& party);
base::Result<RelayUsage> usage_in_all(Connection& db);
// Whether so many bytes of others can be kept: all but a tenth of the disk, and the pages that
// acknowledged envelopes left in the database, which is not made smaller.
bool has_room_for(Connection& db, const std::string& dir, std::uint64_t bytes);

}  // namespace store
