#include "crypto/passphrase_key.h"

#include <sodium.h>

#include <string>

namespace crypto {

static_assert(kPassphraseSalt == crypto_pwhash_argon2id_SALTBYTES);
static_assert(kMinPassphraseCost.ops == crypto_pwhash_argon2id_OPSLIMIT_MIN);
static_assert(kMinPassphraseCost.memory_kib * 1024 == crypto_pwhash_argon2id_MEMLIMIT_MIN);

base::Result<Secret<32>> key_from_passphrase(base::ByteView passphrase, base::ByteView salt,
                                             PassphraseCost cost) {
  Secret<32> out;
  if (crypto_pwhash_argon2id(out.mutable_view().data(), 32, base::as_text(passphrase).data(),
                             passphrase.size(), salt.data(), cost.ops,
                             std::size_t{cost.memory_kib} * 1024,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    return base::fail(base::Errc::exhausted,
                      "not enough memory to derive the key from the passphrase (" +
                          std::to_string(cost.memory_kib / 1024) +
                          " MiB); free some and try again");
  }
  return out;
}

}  // namespace crypto
