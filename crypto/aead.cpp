#include "crypto/aead.h"

#include <sodium.h>

namespace crypto::aead {

static_assert(kNonce == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(kTag == crypto_aead_xchacha20poly1305_ietf_ABYTES);

void seal(std::uint8_t* out, base::ByteView plain, base::ByteView ad, const std::uint8_t* nonce,
          base::ByteView key32) {
  crypto_aead_xchacha20poly1305_ietf_encrypt(out, nullptr, plain.data(), plain.size(), ad.data(),
                                             ad.size(), nullptr, nonce, key32.data());
}

bool open(std::uint8_t* out, base::ByteView sealed, base::ByteView ad, const std::uint8_t* nonce,
          base::ByteView key32) {
  return sealed.size() >= kTag && crypto_aead_xchacha20poly1305_ietf_decrypt(
                                      out, nullptr, nullptr, sealed.data(), sealed.size(),
                                      ad.data(), ad.size(), nonce, key32.data()) == 0;
}

}  // namespace crypto::aead
