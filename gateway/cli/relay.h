// privitty-edge relay: whom the relay in an accounts directory admits. Works on its database, also
// while the daemon runs: what is admitted or revoked holds at once.
#pragma once

#include <string>

#include "base/result.h"
#include "gateway/process/surroundings.h"

namespace gateway::cli {

struct RelayRequest {
  std::string what;      // "admit", "list" or "revoke"
  std::string name;      // of the admission
  std::string accounts;  // "": as the daemon finds it
  bool json = false;
};

base::Result<> relay(const RelayRequest& request, const Surroundings& surroundings);

}  // namespace gateway::cli
