// EngineOptions: how messaging is set up, once, at its opening.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "messaging/kernel/paths.h"

namespace messaging::kernel {

inline constexpr base::Millis kExpireAfter = 14 * 24 * 3600 * base::Millis{1000};

struct EngineOptions {
  std::string profile;                       // name of account 1, made on first start
  std::string host;                          // the right side of addresses made now
  std::vector<std::string> public_urls;      // where peers reach this daemon, 1 to 3
  std::string version;                       // told by get_info
  CallerPathRules paths;                     // where callers' paths may lie
  base::Millis expire_after = kExpireAfter;  // a message that no device acknowledged is given up
  std::string relay_url = {};                // the relay accounts are reached through; "": none
  std::string relay_token = {};              // admits to it
};

}  // namespace messaging::kernel
