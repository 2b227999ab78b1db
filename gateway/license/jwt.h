// JWT: JSON Web Tokens signed with Ed25519 (RFC 7519, RFC 7515 compact form, RFC 8037 "EdDSA"), and
// nothing else: another algorithm, "none" above all, is refused, so are critical extensions,
// padding, white space and tokens over 16 KiB. One mute error for every token that does not verify.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/identity.h"

namespace gateway {

inline constexpr std::size_t kMaxJwt = 16 * 1024;

// The claims of a token that the issuer signed: a JSON object.
base::Result<nlohmann::json> verify_jwt(std::string_view token, const crypto::PublicKey& issuer);

std::string sign_jwt(const nlohmann::json& claims, const crypto::Identity& issuer);

}  // namespace gateway
