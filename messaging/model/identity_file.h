// IdentityFile: an account's identity alone, as a small text file: what export_self_keys writes and
// import_self_keys reads. Three lines:
//
//   privitty-edge identity 1
//   fingerprint <64 upper-case hex>
//   seed <base64url>            without a passphrase: the 32 bytes of the Ed25519 seed
//   sealed-seed <base64url>     with one: wrapped by it (crypto/keywrap.h, Argon2id)
//
// Other lines are refused. Everything is bounded: such a file has a few hundred bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/identity.h"
#include "crypto/keywrap.h"

namespace messaging {

inline constexpr std::size_t kMaxIdentityFile = 4096;

base::Result<std::string> write_identity_file(const crypto::Identity& identity,
                                              const std::optional<std::string>& passphrase,
                                              crypto::PassphraseCost cost = {});
// Errc::sealed for a wrong passphrase or a changed seed, Errc::forbidden for a newer version,
// Errc::invalid_argument for what is no such file or needs a passphrase.
base::Result<crypto::Identity> read_identity_file(std::string_view text,
                                                  const std::optional<std::string>& passphrase);

}  // namespace messaging
