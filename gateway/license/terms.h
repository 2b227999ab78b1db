// LicenseTerms: the content of a license. Times are Unix seconds.
//
//   claims: iss "privitty-edge", sub the license's id, customer, type, devices (how many may use
//   it), activated (how many did when it was signed), device (the fingerprint it is bound to), iat,
//   exp (none: for ever), grace_days
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/identity.h"

namespace gateway {

inline constexpr std::uint32_t kMostGraceDays = 3650;
inline constexpr std::uint32_t kMostDevices = 1'000'000;

struct LicenseTerms {
  std::string id;
  std::string customer;
  std::string type = "standard";
  std::uint32_t devices = 1;
  std::uint32_t activated = 1;
  std::string device;  // "" not bound: an issuer's own, good for no device
  std::int64_t issued_at = 0;
  std::optional<std::int64_t> expires_at;
  std::uint32_t grace_days = 0;

  static base::Result<LicenseTerms> read(std::string_view jwt, const crypto::PublicKey& issuer);
  std::string sign(const crypto::Identity& issuer) const;
};

enum class LicenseStatus { active, grace_period, expired, no_license };
std::string_view word_of(LicenseStatus status);
LicenseStatus status_at(const LicenseTerms& terms, std::int64_t now);

}  // namespace gateway
