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

// What a value gives away to somebody who may read the account but not administer it.
enum class ConfigSecrecy : unsigned char {
  none,
  secret,      // a password or token: set by those who may write, shown to none but administrators
  credential,  // a URL: a secret once it names a user or password
};

struct ConfigKey {
  std::string_view name;
  std::string_view otherwise = {};  // the default; "" none
  ConfigAccess access = ConfigAccess::open;
  ConfigSecrecy secrecy = ConfigSecrecy::none;
};

std::span<const ConfigKey> config_keys();
// Nothing for an unknown key. Keys that begin with "ui." are free and known.
std::optional<ConfigKey> find_config_key(std::string_view name);
// Whether this value of this key is for administrators alone. An unknown key has none.
bool is_secret_config(std::string_view name, std::string_view value);

}  // namespace messaging
