// privitty-edge keys: makes, lists and revokes API keys in the file of `--api-keys`. It works on
// the file itself, so the daemon may run or not; one that runs notices at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/process/surroundings.h"

namespace gateway::cli {

struct KeysPlace {
  std::string file;  // "": what PRIVITTY_API_KEYS_FILE says
  bool json = false;
};

struct NewKeyRequest {
  std::string name;
  std::string scopes;
  std::vector<std::uint32_t> accounts;  // none: all of them
  std::string expires;                  // "90d", "12h", "2027-01-31"; "": never
};

base::Result<> add_key(const KeysPlace& place, const NewKeyRequest& request,
                       const Surroundings& surroundings);
base::Result<> list_keys(const KeysPlace& place, const Surroundings& surroundings);
// By name or by id.
base::Result<> revoke_key(const KeysPlace& place, const std::string& which,
                          const Surroundings& surroundings);

// "30d", "12h", "45m", or a day (UTC) at whose beginning it ends.
base::Result<base::UnixMillis> parse_expiry(const std::string& text, base::UnixMillis now);

}  // namespace gateway::cli
