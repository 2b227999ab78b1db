// The owner's side of a relay on the wire: how a device opens its mailbox, registers deposit keys,
// fetches envelopes and acknowledges them (docs/protocol.md, "Relays"). Pure functions that both
// ends share; the other side's bytes are hostile: every reader is bounded and refuses what is
// short, long or unknown.
//
//   POST /relay/v1/mailboxes/:mailbox/challenge   -> Challenge
//   POST /relay/v1/mailboxes/:mailbox/open        OpenRequest -> OpenAnswer
//   GET  /relay/v1/mailboxes/:mailbox/keys        -> KnownKeys, oldest first
//   POST /relay/v1/mailboxes/:mailbox/keys        KeyChanges -> 204
//   GET  /relay/v1/mailboxes/:mailbox/stream      -> frames without end
//   GET  /relay/v1/mailboxes/:mailbox/envelopes   -> frames of what waits (polling)
//   POST /relay/v1/mailboxes/:mailbox/acks        ids of envelopes, i64 each -> 204
//
// All but the first carry four headers that prove the owner:
//   Relay-Nonce 64 hex | Relay-Expiry Unix ms | Relay-Count decimal | Relay-Signature 128 hex
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/identity.h"
#include "messaging/model/deposit.h"
#include "store/relay/deposit_keys.h"

namespace gateway {

inline constexpr std::string_view kRelayNonceHeader = "Relay-Nonce";
inline constexpr std::string_view kRelayExpiryHeader = "Relay-Expiry";
inline constexpr std::string_view kRelayCountHeader = "Relay-Count";
inline constexpr std::string_view kRelaySignatureHeader = "Relay-Signature";

std::string relay_path(std::string_view mailbox, std::string_view what);

struct Challenge {
  std::array<std::uint8_t, 32> nonce{};
  base::UnixMillis expiry = 0;  // by the relay's clock
  base::UnixMillis now = 0;
  std::string url;  // what the relay calls itself; signed, so that no other relay can use it
};
base::Bytes encode(const Challenge& challenge);
base::Result<Challenge> decode_challenge(base::ByteView bytes);

// A request of the owner, and the bytes that are signed for it:
//   "privitty-edge relay request v1" | text url | text mailbox | nonce 32 | i64 expiry | u64 count
//   | text method | text what | BLAKE2b-256(body)
struct OwnerProof {
  std::array<std::uint8_t, 32> nonce{};
  base::UnixMillis expiry = 0;
  std::uint64_t count = 0;  // greater with each request of one nonce
  crypto::Signature signature{};
};
base::Bytes owner_statement(std::string_view url, std::string_view mailbox, const OwnerProof& proof,
                            std::string_view method, std::string_view what, base::ByteView body);
// Nothing when a header is missing or not exactly of its form.
std::optional<OwnerProof> read_owner_proof(std::string_view nonce, std::string_view expiry,
                                           std::string_view count, std::string_view signature);

inline constexpr std::size_t kMaxAdmissionToken = 128;
struct OpenRequest {
  crypto::PublicKey owner;
  std::string admission;  // "": none
};
base::Bytes encode(const OpenRequest& request);
base::Result<OpenRequest> decode_open_request(base::ByteView bytes);

// What a key allows: handshakes (an invite's, a group's introduction, a contact's old one: small
// deposits, few an hour), or everything (a contact's).
using KeyPurpose = store::RelayPurpose;
struct KnownKey {
  messaging::DepositKeyId key_id{};
  KeyPurpose purpose{};
  friend auto operator<=>(const KnownKey&, const KnownKey&) = default;
};
inline constexpr std::size_t kMaxKeys = 50'000;  // of one mailbox
base::Bytes encode(const std::vector<KnownKey>& keys);
base::Result<std::vector<KnownKey>> decode_known_keys(base::ByteView bytes);
// BLAKE2b-256 over the list in ascending order; equal when both sides have the same keys.
using KeysDigest = std::array<std::uint8_t, 32>;
KeysDigest keys_digest(std::vector<KnownKey> keys);

inline constexpr std::size_t kMaxKeyChanges = 1000;
struct KeyAddition {
  messaging::DepositKeyId key_id{};
  messaging::DepositKey key{};
  KeyPurpose purpose{};
  std::array<std::uint8_t, 16> pseudonym{};  // the same for all keys of one contact
};
using KeyChange = std::variant<KeyAddition, messaging::DepositKeyId>;  // the id: remove
base::Bytes encode(const std::vector<KeyChange>& changes);
base::Result<std::vector<KeyChange>> decode_key_changes(base::ByteView bytes);

inline constexpr std::size_t kMaxAcks = 4096;
base::Bytes encode_acks(const std::vector<std::int64_t>& ids);
base::Result<std::vector<std::int64_t>> decode_acks(base::ByteView bytes);

}  // namespace gateway
