// privitty-edge license …: a device's own license, in its accounts directory, and a small issuer
// for operators of a fleet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/process/surroundings.h"

namespace gateway::cli {

struct LicenseRequest {
  std::string accounts;  // "": the daemon's default
  std::string issuer;    // "": PRIVITTY_LICENSE_ISSUER
  std::string url;
  bool json = false;
};
base::Result<> license_activate(const LicenseRequest& request, const Surroundings& surroundings);
base::Result<> license_status(const LicenseRequest& request, const Surroundings& surroundings);
base::Result<> license_sync(const LicenseRequest& request, const Surroundings& surroundings);
base::Result<> license_deactivate(const LicenseRequest& request, const Surroundings& surroundings);

struct IssueRequest {
  std::string key;  // file with the issuer's secret, made when it is not there
  std::string customer;
  std::uint32_t devices = 1;
  std::string expires;  // 2027-12-31, or "never"
  std::uint32_t grace_days = 14;
  std::string type = "standard";
  std::string device;  // a fingerprint: prints the license itself instead of a token
  std::string licenses = "licenses";
  bool json = false;
};
base::Result<> license_issue(const IssueRequest& request);

struct ServeRequest {
  std::string key;
  std::string licenses = "licenses";
  std::string listen = "127.0.0.1:7400";
  std::vector<std::string> hosts;  // names it is reached by, beside addresses
};
base::Result<> license_serve(const ServeRequest& request);  // until SIGTERM or SIGINT

}  // namespace gateway::cli
