// RelayHome: the relay that an account is reached through. A value; the account's config and the
// daemon's settings choose it (messaging/peering/relay_choice.h).
#pragma once

#include <string>

namespace messaging::kernel {

struct RelayHome {
  std::string url;    // without a slash at its end
  std::string token;  // for the relay's operator; "": the relay needs none
  std::string mailbox;
  bool by_settings = false;  // named by the daemon's settings, not by the account's config
  friend bool operator==(const RelayHome&, const RelayHome&) = default;
};

}  // namespace messaging::kernel
