// Identity and PublicKey: the long-term key of an account, an Ed25519 key pair (RFC 8032) and its
// X25519 form for agreement (RFC 7748). A fingerprint is the Ed25519 public key itself in 64
// upper-case hex digits (decision 5), so that an invite authenticates by the fingerprint in it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace crypto {

using Signature = std::array<std::uint8_t, 64>;

// A public key for agreement. Any 32 bytes are one; agreement refuses those of low order.
struct X25519Public {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const X25519Public&, const X25519Public&) = default;
};

X25519Public x25519_public_of(base::ByteView secret32);
// The shared secret; refused (Errc::sealed) when it is all zero, as it is for points of low order.
base::Result<WipingArray<32>> x25519(base::ByteView secret32, const X25519Public& theirs);

// A plain value; not secret. A default one is all zero and verifies nothing.
class PublicKey {
 public:
  PublicKey() = default;
  explicit PublicKey(std::span<const std::uint8_t, 32> bytes);

  // Refused with Errc::invalid_argument unless it is 32 bytes that are a point of the curve's main
  // subgroup, so that a PublicKey from outside is always good for to_x25519().
  static base::Result<PublicKey> from_bytes(base::ByteView bytes);
  // 64 hex digits of either case, checked as from_bytes().
  static base::Result<PublicKey> from_fingerprint(std::string_view text);

  std::string fingerprint() const;  // 64 upper-case hex digits
  const std::array<std::uint8_t, 32>& bytes() const { return bytes_; }
  bool verify(base::ByteView message, base::ByteView signature) const;
  // Some 50 us: keep the result. Refused for points of low order or off the curve.
  base::Result<X25519Public> to_x25519() const;

  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;

 private:
  std::array<std::uint8_t, 32> bytes_{};
};

// Move-only; reading from several threads at once is safe.
class Identity {
 public:
  static Identity generate();
  static Identity from_seed(std::span<const std::uint8_t, 32> seed);

  const PublicKey& public_key() const { return public_key_; }
  const X25519Public& x25519_public() const { return x25519_public_; }
  const Secret<32>& x25519_secret() const { return x25519_secret_; }
  const Secret<32>& seed() const { return seed_; }  // what is stored, sealed
  Signature sign(base::ByteView message) const;

 private:
  Identity() = default;
  Secret<32> seed_;
  Secret<32> x25519_secret_;
  PublicKey public_key_;
  X25519Public x25519_public_;
};

}  // namespace crypto
