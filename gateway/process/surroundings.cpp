#include "gateway/process/surroundings.h"

#include <limits.h>
#include <unistd.h>

#include <array>

namespace gateway {
namespace fs = std::filesystem;

Surroundings Surroundings::of_this_process() {
  Surroundings out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    out.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (gethostname(name.data(), name.size() - 1) == 0) out.host_name = name.data();
  if (out.host_name.empty()) out.host_name = "localhost";
  std::error_code ignored;
  out.container = fs::exists("/.dockerenv", ignored) || fs::exists("/run/.containerenv", ignored);
  return out;
}

std::optional<std::string> Surroundings::variable(std::string_view name) const {
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::optional<fs::path> Surroundings::default_accounts() const {
  if (const auto data = variable("XDG_DATA_HOME"); data && fs::path(*data).is_absolute()) {
    return fs::path(*data) / "privitty";
  }
  const fs::path system = root / "var/lib/privitty";
  if (container && access(system.c_str(), W_OK | X_OK) == 0) return system;
  if (const auto home = variable("HOME")) return fs::path(*home) / ".local/share/privitty";
  return std::nullopt;
}

std::optional<fs::path> Surroundings::credentials_key() const {
  std::error_code ignored;
  if (const auto folder = variable("CREDENTIALS_DIRECTORY")) {
    const fs::path key = fs::path(*folder) / "privitty_key";
    if (fs::exists(key, ignored)) return key;
  }
  const fs::path secret = root / "run/secrets/privitty_key";
  if (fs::exists(secret, ignored)) return secret;
  return std::nullopt;
}

}  // namespace gateway
