#include "crypto/identity.h"

#include <sodium.h>

#include <algorithm>

#include "crypto/agreement_count.h"
#include "crypto/encoding.h"
#include "crypto/seal.h"

namespace crypto {

X25519Public x25519_public_of(base::ByteView secret32) {
  X25519Public out;
  ++agreement_count();
  crypto_scalarmult_curve25519_base(out.bytes.data(), secret32.data());
  return out;
}

base::Result<WipingArray<32>> x25519(base::ByteView secret32, const X25519Public& theirs) {
  WipingArray<32> out;
  ++agreement_count();
  if (crypto_scalarmult_curve25519(out.data(), secret32.data(), theirs.bytes.data()) != 0) {
    return could_not_open();
  }
  return out;
}

PublicKey::PublicKey(std::span<const std::uint8_t, 32> bytes) {
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

base::Result<PublicKey> PublicKey::from_bytes(base::ByteView bytes) {
  if (bytes.size() != 32) {
    return base::fail(base::Errc::invalid_argument, "a public key has 32 bytes");
  }
  PublicKey key(bytes.first<32>());
  EDGE_CHECK(key.to_x25519());
  return key;
}

base::Result<PublicKey> PublicKey::from_fingerprint(std::string_view text) {
  std::array<std::uint8_t, 32> bytes{};
  if (!hex_decode_to(text, bytes)) {
    return base::fail(base::Errc::invalid_argument, "a fingerprint is 64 hex digits");
  }
  return from_bytes(bytes);
}

std::string PublicKey::fingerprint() const { return hex_encode_upper(bytes_); }

bool PublicKey::verify(base::ByteView message, base::ByteView signature) const {
  return signature.size() == crypto_sign_ed25519_BYTES &&
         crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(),
                                             bytes_.data()) == 0;
}

base::Result<X25519Public> PublicKey::to_x25519() const {
  X25519Public out;
  if (crypto_sign_ed25519_pk_to_curve25519(out.bytes.data(), bytes_.data()) != 0) {
    return base::fail(base::Errc::invalid_argument, "this is not a valid public key");
  }
  return out;
}

Identity Identity::generate() {
  const Secret<32> seed = Secret<32>::random();
  return from_seed(seed.view());
}

Identity Identity::from_seed(std::span<const std::uint8_t, 32> seed) {
  Identity out;
  std::copy(seed.begin(), seed.end(), out.seed_.mutable_view().begin());
  std::array<std::uint8_t, 32> key{};
  WipingArray<crypto_sign_ed25519_SECRETKEYBYTES> signing;
  crypto_sign_ed25519_seed_keypair(key.data(), signing.data(), seed.data());
  out.public_key_ = PublicKey(key);
  crypto_sign_ed25519_sk_to_curve25519(out.x25519_secret_.mutable_view().data(), signing.data());
  out.x25519_public_ = x25519_public_of(out.x25519_secret_.view());
  return out;
}

Signature Identity::sign(base::ByteView message) const {
  // libsodium's form of the secret key: the seed and the public key behind it.
  WipingArray<crypto_sign_ed25519_SECRETKEYBYTES> signing;
  std::copy(seed_.view().begin(), seed_.view().end(), signing.begin());
  std::copy(public_key_.bytes().begin(), public_key_.bytes().end(), signing.begin() + 32);
  Signature out{};
  crypto_sign_ed25519_detached(out.data(), nullptr, message.data(), message.size(), signing.data());
  return out;
}

}  // namespace crypto
