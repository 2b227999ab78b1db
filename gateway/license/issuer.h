// LicenseIssuer: a small license server for a fleet, off line or on a network of its own. Each
// license is a file DIR/<token>.json: what it says and which devices use it. Devices fetch, sync
// and give back by the token; there are as many seats as the license has devices. A seat that was
// answered is on the disk, its file and the folder both synced.
//
// An address that sends ten unknown tokens gets 429, and after that one 404 in six seconds; a known
// token is always answered. The 128 bits of a token make guessing hopeless, not this limit: the
// limit slows a device with a wrong URL without slowing others behind the same address.
//
// Safe from any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "gateway/http/route.h"
#include "gateway/license/terms.h"
#include "gateway/limits/rate_limit.h"

namespace gateway {

// A device's fingerprint as privitty-edge fingerprint prints it: 64 lower-case hex digits.
bool is_fingerprint(std::string_view text);

class LicenseIssuer {
 public:
  LicenseIssuer(std::filesystem::path dir, const crypto::Identity& key, const base::Clock& clock)
      : dir_(std::move(dir)), key_(key), clock_(clock), guesses_(clock, kGuesses) {}

  // Writes a new license and answers with its token: 32 random hex digits.
  base::Result<std::string> add(const LicenseTerms& terms);

  struct Issued {
    std::string jwt;
    std::string customer;
  };
  // The license for this device, which takes a seat unless it has one. Errc::not_found for a token
  // that is none, Errc::exhausted when no seat is left.
  base::Result<Issued> take_seat(const std::string& token, const std::string& device);
  // Only for a device that has its seat: it is not taken anew.
  base::Result<Issued> renew(const std::string& token, const std::string& device);
  base::Result<> give_back(const std::string& token, const std::string& device);

  // Attempts with unknown tokens, by the caller's address.
  RateLimit& guesses() { return guesses_; }

 private:
  static constexpr RateLimit::Rule kGuesses{.per_second = 1.0 / 6, .burst = 10};
  struct Record;
  base::Result<Record> read(const std::string& token) const;
  base::Result<> write(const std::string& token, const Record& record) const;
  Issued sign_for(const Record& record, const std::string& device) const;

  const std::filesystem::path dir_;
  const crypto::Identity& key_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  RateLimit guesses_;
};

// GET /v1/license/:token, POST /v1/license/:token/sync and /deactivate.
void add_license_endpoint(RouteTable& routes, LicenseIssuer& issuer);

}  // namespace gateway
