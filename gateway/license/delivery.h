// The license server's side of the wire as a device sees it: GET the delivery URL, as it was given,
// with the device's fingerprint in the header Device-Fingerprint; POST to URL/sync and
// URL/deactivate. 15 s each, no redirects, answers of 64 KiB at most.
#pragma once

#include <string>

#include "base/result.h"

namespace gateway {

struct LicenseDelivery {
  std::string jwt;
  std::string customer_name;
};

// An answer {"error": ...} becomes an error with the server's own text.
base::Result<LicenseDelivery> fetch_license(const std::string& url, const std::string& fingerprint);
base::Result<LicenseDelivery> sync_license(const std::string& url, const std::string& fingerprint);
base::Result<> release_license(const std::string& url, const std::string& fingerprint);

}  // namespace gateway
