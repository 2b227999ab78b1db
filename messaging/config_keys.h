// Config keys: one row each, with what is answered while nothing is set.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace messaging {

enum class ConfigAccess : unsigned char {
  open,      // stored as it is
  fixed,     // made with the account: may be read, never set
  computed,  // answered from elsewhere: may be read, never set
};

struct ConfigKey {
  std::string_view name;
  std::string_view otherwise = {};  // the default; "" none
  ConfigAccess access = ConfigAccess::open;
};

std::span<const ConfigKey> config_keys();
// Nothing for an unknown key. Keys that begin with "ui." are free and known.
std::optional<ConfigKey> find_config_key(std::string_view name);

}  // namespace messaging
