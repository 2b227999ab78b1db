// room: gateway
// First byte even: the rest is a token. Odd: the rest is the claims, signed by a careless issuer.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "crypto/encoding.h"
#include "gateway/license/jwt.h"
#include "gateway/license/terms.h"

namespace {

const crypto::Identity& issuer() {
  static const crypto::Identity kIssuer =
      crypto::Identity::from_seed(std::array<std::uint8_t, 32>{1});
  return kIssuer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string token(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 2 == 1) {
    const std::string inside = crypto::base64url_encode(base::as_bytes(R"({"alg":"EdDSA"})")) +
                               "." + crypto::base64url_encode(base::as_bytes(token));
    token = inside + "." + crypto::base64url_encode(issuer().sign(base::as_bytes(inside)));
  }
  const auto terms = gateway::LicenseTerms::read(token, issuer().public_key());
  if (!terms) return 0;
  (void)gateway::status_at(*terms, 1'800'000'000);
  const auto again = gateway::LicenseTerms::read(terms->sign(issuer()), issuer().public_key());
  if (!again || again->id != terms->id || again->expires_at != terms->expires_at) std::abort();
  return 0;
}
