#include "gateway/license/terms.h"

#include <nlohmann/json.hpp>

#include "gateway/license/jwt.h"

namespace gateway {
namespace {

constexpr std::string_view kIssuer = "privitty-edge";

base::Error malformed(std::string_view what) {
  return base::fail(base::Errc::invalid_argument,
                    "the license is signed, but its " + std::string(what) + " is missing or wrong");
}

std::string text_of(const nlohmann::json& claims, const char* name) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// An unsigned claim up to `most`; nothing when it is there and something else.
std::optional<std::uint64_t> number_of(const nlohmann::json& claims, const char* name,
                                       std::uint64_t otherwise, std::uint64_t most) {
  const auto found = claims.find(name);
  if (found == claims.end()) return otherwise;
  if (!found->is_number_unsigned()) return std::nullopt;
  const auto value = found->get<std::uint64_t>();
  if (value > most) return std::nullopt;
  return value;
}

}  // namespace

base::Result<LicenseTerms> LicenseTerms::read(std::string_view jwt,
                                              const crypto::PublicKey& issuer) {
  EDGE_TRY(const nlohmann::json claims, verify_jwt(jwt, issuer));
  constexpr std::uint64_t kLatest = 253'402'300'799;  // the year 9999
  LicenseTerms terms;
  terms.id = text_of(claims, "sub");
  terms.customer = text_of(claims, "customer");
  terms.type = text_of(claims, "type");
  terms.device = text_of(claims, "device");
  if (text_of(claims, "iss") != kIssuer) return malformed("issuer");
  if (terms.id.empty()) return malformed("id");
  const auto devices = number_of(claims, "devices", 1, kMostDevices);
  const auto activated = number_of(claims, "activated", 1, kMostDevices);
  const auto issued = number_of(claims, "iat", 0, kLatest);
  const auto grace = number_of(claims, "grace_days", 0, kMostGraceDays);
  if (!devices || !activated) return malformed("number of devices");
  if (!issued || !grace) return malformed("term");
  terms.devices = static_cast<std::uint32_t>(*devices);
  terms.activated = static_cast<std::uint32_t>(*activated);
  terms.issued_at = static_cast<std::int64_t>(*issued);
  terms.grace_days = static_cast<std::uint32_t>(*grace);
  if (claims.contains("exp")) {
    const auto expires = number_of(claims, "exp", 0, kLatest);
    if (!expires) return malformed("end");
    terms.expires_at = static_cast<std::int64_t>(*expires);
  }
  return terms;
}

std::string LicenseTerms::sign(const crypto::Identity& issuer) const {
  nlohmann::json claims{{"iss", kIssuer},       {"sub", id},
                        {"customer", customer}, {"type", type},
                        {"devices", devices},   {"activated", activated},
                        {"iat", issued_at},     {"grace_days", grace_days}};
  if (!device.empty()) claims["device"] = device;
  if (expires_at) claims["exp"] = *expires_at;
  return sign_jwt(claims, issuer);
}

std::string_view word_of(LicenseStatus status) {
  switch (status) {
    case LicenseStatus::active:
      return "active";
    case LicenseStatus::grace_period:
      return "grace_period";
    case LicenseStatus::expired:
      return "expired";
    case LicenseStatus::no_license:
      return "no_license";
  }
  return "no_license";
}

LicenseStatus status_at(const LicenseTerms& terms, std::int64_t now) {
  if (!terms.expires_at || now < *terms.expires_at) return LicenseStatus::active;
  constexpr std::int64_t kDay = 86'400;
  return now < *terms.expires_at + terms.grace_days * kDay ? LicenseStatus::grace_period
                                                           : LicenseStatus::expired;
}

}  // namespace gateway
