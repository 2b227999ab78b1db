// Surroundings: the environment of the process that settings depend on, as values, so that a test
// can describe any machine.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace gateway {

struct Surroundings {
  std::map<std::string, std::string, std::less<>> environment;
  std::string host_name;             // of this machine, never empty
  bool container = false;            // Docker's or Podman's mark is there
  std::filesystem::path root = "/";  // what absolute look-ups below start from; a test's own folder

  static Surroundings of_this_process();

  // Unset and empty variables both return nothing.
  std::optional<std::string> variable(std::string_view name) const;
  // $XDG_DATA_HOME/privitty; /var/lib/privitty in a container that has it; ~/.local/share/privitty.
  // Nothing when not even HOME is set.
  std::optional<std::filesystem::path> default_accounts() const;
  // The key that a container or systemd provides: $CREDENTIALS_DIRECTORY/privitty_key, then
  // /run/secrets/privitty_key.
  std::optional<std::filesystem::path> credentials_key() const;
};

}  // namespace gateway
