// The commands of privitty-edge that work on the accounts directory while no daemon uses it.
#pragma once

#include <string>

#include "base/result.h"
#include "gateway/config/settings.h"
#include "gateway/process/surroundings.h"

namespace gateway::cli {

// The daemon's accounts directory, found as it finds it; `accounts` "" for its default.
base::Result<std::string> accounts_dir(const std::string& accounts,
                                       const Surroundings& surroundings);
// Reads flags and environment as the daemon does, so that both mean the same folder, key and issuer
// of licenses. "": the daemon's default.
base::Result<Settings> daemon_settings(const std::string& accounts, const std::string& key_file,
                                       const std::string& passphrase_file,
                                       const Surroundings& surroundings);

struct RekeyRequest {
  std::string accounts;             // "": the daemon's default
  std::string key_file;             // what opens the store now; "" with passphrase_file "": default
  std::string passphrase_file;      //
  std::string new_key_file;         // what is to open it; both "": a new key in the same key file
  std::string new_passphrase_file;  //
};

base::Result<> rekey(const RekeyRequest& request, const Surroundings& surroundings);

struct RepairRequest {
  std::string accounts;  // "": the daemon's default
  bool json = false;
};

base::Result<> repair(const RepairRequest& request, const Surroundings& surroundings);

// The device fingerprint, as the daemon made it; created if it never ran here.
base::Result<> fingerprint(const std::string& accounts, const Surroundings& surroundings);

}  // namespace gateway::cli
