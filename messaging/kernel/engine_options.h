// EngineOptions: the settings of messaging, fixed when it is opened.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "messaging/kernel/paths.h"

namespace messaging::kernel {

inline constexpr base::Millis kExpireAfter = 14 * 24 * 3600 * base::Millis{1000};

struct EngineOptions {
  std::string profile;                       // name of account 1, which the first start creates
  std::string host;                          // the right side of new addresses
  std::vector<std::string> public_urls;      // of this daemon, for peers, 1 to 3
  std::string version;                       // for get_info
  CallerPathRules paths;                     // where callers' paths may lie
  base::Millis expire_after = kExpireAfter;  // age at which an unacknowledged message fails
  std::string relay_url = {};      // the relay through which accounts are reached; "": none
  std::string relay_token = {};    // the relay admits the account by it
  std::string ice_servers = "[]";  // JSON, for callers' programs (rpc's ice_servers)
  // For clients that set up accounts themselves, like those of Delta Chat's server: the first start
  // creates no account, add() creates unconfigured ones, and io is off until start_io.
  bool accounts_by_clients = false;
  bool first_by_mail = false;  // account 1 waits for a mail login before it is configured
};

}  // namespace messaging::kernel
