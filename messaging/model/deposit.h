// The right to put envelopes into a mailbox, and the body that carries them (docs/protocol.md,
// "Deposits").
//
// A token is 32 random bytes that only one contact (or the holders of one invite) knows. A deposit
// proves knowledge of the token by HMAC-SHA-256 and never sends it: an eavesdropper on a plain link
// can neither alter a request nor make another one.
//   K      = BLAKE2b-256("privitty-edge deposit key" | token)
//   key id = BLAKE2b-128("privitty-edge deposit id" | token)
//   mac    = HMAC-SHA-256(K, u32 len | mailbox | i64 time | BLAKE2b-256(body))
// The body is the envelopes one after the other, each a u32 big-endian length and its bytes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/hash.h"

namespace messaging {

inline constexpr std::size_t kMaxDepositBytes = 2 * 1024 * 1024;
inline constexpr std::size_t kMaxDepositEnvelopes = 256;
inline constexpr base::Millis kDepositClockWindow = 10 * 60 * 1000;

struct DepositToken {
  std::array<std::uint8_t, 32> bytes{};
  static DepositToken generate();
  friend bool operator==(const DepositToken&,
                         const DepositToken&) = delete;  // compare proofs instead
};

using DepositKeyId = std::array<std::uint8_t, 16>;
using DepositKey = std::array<std::uint8_t, 32>;

// A deposit's body with its digest, which the proof covers: hashed once where the body is made, not
// on the sending thread.
struct DepositBody {
  base::Bytes bytes;
  std::size_t envelopes = 0;
  crypto::Hash32 digest{};  // BLAKE2b-256 of the bytes

  static DepositBody of(base::Bytes joined, std::size_t envelopes);
  static DepositBody of(const std::vector<base::Bytes>& envelopes);
};

struct DepositProof {
  DepositKeyId key_id{};
  base::UnixMillis time = 0;
  std::array<std::uint8_t, 32> mac{};
};

DepositKeyId deposit_key_id(const DepositToken& token);
DepositKey deposit_key(const DepositToken& token);
DepositProof prove_deposit(const DepositToken& token, std::string_view mailbox,
                           base::UnixMillis time, base::ByteView body);
DepositProof prove_deposit(const DepositToken& token, std::string_view mailbox,
                           base::UnixMillis time, const DepositBody& body);
// Constant time in all secrets. Checks the mac only; the caller checks the time.
bool proof_holds(const DepositKey& key, const DepositProof& proof, std::string_view mailbox,
                 base::ByteView body);

base::Bytes join_body(const std::vector<base::Bytes>& envelopes);
inline constexpr std::size_t kEnvelopeLengthSize = 4;  // before each
void write_envelope_length(std::span<std::uint8_t, kEnvelopeLengthSize> out, std::size_t size);
// Views into `body`. Refused when a length is wrong, there is no envelope, or there are too many.
base::Result<std::vector<base::ByteView>> split_body(base::ByteView body);

}  // namespace messaging
