// Config keys: one row each, with the default value.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace messaging {

enum class ConfigAccess : unsigned char {
  open,      // stored as it is
  fixed,     // set when the account is created, then read-only
  computed,  // computed when read; read-only
};

// Whether a value is secret from callers that may read the account but not administer it.
enum class ConfigSecrecy : unsigned char {
  none,
  secret,      // a password or token: callers with write access may set it, only administrators may
               // read it
  credential,  // a URL: a secret once it names a user or password
};

struct ConfigKey {
  std::string_view name;
  std::string_view otherwise = {};  // the default; "" none
  ConfigAccess access = ConfigAccess::open;
  ConfigSecrecy secrecy = ConfigSecrecy::none;
};

std::span<const ConfigKey> config_keys();
// nullopt: an unknown key. Every key that begins with "ui." is known.
std::optional<ConfigKey> find_config_key(std::string_view name);
// The values that the key takes; none: not a choice from a list.
std::span<const std::string_view> config_choices(std::string_view name);
// Whether the key takes only digits: seconds, or a time in seconds.
bool is_number_config(std::string_view name);
// Whether only administrators may read this value of this key. False for an unknown key.
bool is_secret_config(std::string_view name, std::string_view value);

}  // namespace messaging
