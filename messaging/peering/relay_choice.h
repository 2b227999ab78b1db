// The relay that an account chooses, and the key that owns the account's mailbox there.
//
// The key is derived from the account's seed and the relay's URL: two relays cannot find out that
// they serve the same account, and nothing more has to be stored. The mailbox's name is a hash of
// that key, so that nobody else can open the mailbox first.
//   seed    = HKDF-SHA-256(account seed, salt = "", info = "privitty-edge relay owner v1" | text
//   url) mailbox = hex(BLAKE2b-128("privitty-edge relay mailbox" | owner's public key))
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/identity.h"
#include "messaging/kernel/relay_home.h"
#include "store/tables/scope.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::peering {

crypto::Identity relay_owner(const crypto::Identity& account, std::string_view url);
std::string relay_mailbox_name(const crypto::PublicKey& owner);

// http or https, a host and perhaps a port; without a slash at its end.
base::Result<std::string> parse_relay_url(std::string_view text);

// Whether a relay at this URL is on this machine. Only the daemon's settings and callers with scope
// admin may name such a relay: otherwise any caller with write access could make the daemon send
// requests to services on loopback.
bool is_loopback_relay(std::string_view url);

// Reads the account's config keys relay_url and relay_token, else the daemon's settings; with
// relay_url "none" the account has no relay.
base::Result<std::optional<kernel::RelayHome>> find_relay_home(const kernel::Core& core,
                                                               const store::Scope& scope,
                                                               const crypto::Identity& account);

}  // namespace messaging::peering
