// Deposit keys that a mailbox's owner registered at the relay: by which others may deposit. Keys of
// one contact share a pseudonym; when a newer one is used, older ones allow handshakes alone
// (decision 14), by which a device that was restored from an old copy finds back.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crypto/wiping.h"
#include "store/connection.h"
#include "store/relay/mailboxes.h"
#include "store/vault.h"

namespace store {

using RelayKeyId = std::array<std::uint8_t, 16>;

// Stored and sent: never change a number.
enum class RelayPurpose : std::uint8_t {
  handshakes = 1,  // small deposits, few an hour
  contact = 2,
};

struct RelayKey {
  std::int64_t id = 0;
  std::int64_t depositor = 0;
  RelayPurpose purpose = RelayPurpose::contact;
  crypto::WipingArray<32> key;  // what proofs are made with, not the token
  RelayUsage usage;             // of the depositor
};

base::Result<std::optional<RelayKey>> find_relay_key(Connection& db, const Vault& vault,
                                                     std::int64_t mailbox,
                                                     const RelayKeyId& key_id);
// A key that is there keeps its place and its depositor, and gets the purpose.
base::Result<> add_relay_key(Connection& db, const Vault& vault, std::int64_t mailbox,
                             const RelayKeyId& key_id, base::ByteView key, RelayPurpose purpose,
                             const std::array<std::uint8_t, 16>& pseudonym);
base::Result<> remove_relay_key(Connection& db, std::int64_t mailbox, const RelayKeyId& key_id);
// The key was used: its depositor's earlier keys allow handshakes alone from now on.
base::Result<> retire_older_keys(Connection& db, const RelayKey& used);
// In the order of registration.
base::Result<std::vector<std::pair<RelayKeyId, RelayPurpose>>> list_relay_keys(
    Connection& db, std::int64_t mailbox);
// The numbers of keys: of the mailbox, of its party, and in all.
struct RelayKeyCounts {
  std::int64_t mailbox = 0;
  std::int64_t party = 0;
  std::int64_t all = 0;
};
base::Result<RelayKeyCounts> count_relay_keys(Connection& db, std::int64_t mailbox);

}  // namespace store
