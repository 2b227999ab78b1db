#include "gateway/license/jwt.h"

#include <nlohmann/json.hpp>

#include "crypto/encoding.h"

namespace gateway {
namespace {

base::Error refused() {
  return base::fail(base::Errc::sealed, "the license does not verify with the issuer's key");
}

// A part as a JSON object; deep nesting, which the parser would follow, is refused before.
std::optional<nlohmann::json> object_of(std::string_view part) {
  const auto bytes = crypto::base64url_decode(part);
  if (!bytes) return std::nullopt;
  std::size_t depth = 0;
  for (const std::uint8_t byte : *bytes) {
    if (byte == '{' || byte == '[') ++depth;
  }
  if (depth > 32) return std::nullopt;
  auto json = nlohmann::json::parse(bytes->begin(), bytes->end(), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

}  // namespace

base::Result<nlohmann::json> verify_jwt(std::string_view token, const crypto::PublicKey& issuer) {
  if (token.size() > kMaxJwt) return refused();
  const auto first = token.find('.');
  const auto second = first == token.npos ? first : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) return refused();
  const auto signature = crypto::base64url_decode(token.substr(second + 1));
  if (!signature || signature->size() != 64 ||
      !issuer.verify(base::as_bytes(token.substr(0, second)), *signature)) {
    return refused();
  }
  const auto header = object_of(token.substr(0, first));
  if (!header || header->value("alg", nlohmann::json()) != "EdDSA" || header->contains("crit")) {
    return refused();
  }
  auto claims = object_of(token.substr(first + 1, second - first - 1));
  if (!claims) return refused();
  return *std::move(claims);
}

std::string sign_jwt(const nlohmann::json& claims, const crypto::Identity& issuer) {
  const std::string header = R"({"alg":"EdDSA","typ":"JWT"})";
  std::string token = crypto::base64url_encode(base::as_bytes(header)) + "." +
                      crypto::base64url_encode(base::as_bytes(claims.dump()));
  const crypto::Signature signature = issuer.sign(base::as_bytes(token));
  return token + "." + crypto::base64url_encode(signature);
}

}  // namespace gateway
