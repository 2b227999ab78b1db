#include "gateway/config/setting_uses.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gateway/text/given_text.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxTokenFile = 4096;
constexpr std::size_t kMaxIceServers = 64 * 1024;

// At most `limit` bytes of it; "" when it cannot be read.
std::string beginning_of(const std::filesystem::path& file, std::size_t limit) {
  std::ifstream in(file, std::ios::binary);
  std::string text(limit, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return text;
}

}  // namespace

store::KeySource key_source(const KeyPlace& place) {
  if (!place.passphrase_file.empty()) return store::PassphraseFile{place.passphrase_file, {}};
  return store::KeyFile{place.key_file};
}

messaging::kernel::CallerPathRules path_rules(const Settings& settings) {
  messaging::kernel::CallerPathRules rules;
  rules.accounts_dir = settings.accounts;
  for (const auto& secret : {settings.key.key_file, settings.key.passphrase_file,
                             settings.relay_token_file, settings.ice_servers_file}) {
    if (!secret.empty()) rules.protected_files.push_back(secret);
  }
  if (settings.config) rules.protected_files.push_back(*settings.config);
  if (settings.api_keys) rules.protected_files.push_back(*settings.api_keys);
  if (settings.tls) rules.protected_files.push_back(settings.tls->key);
  for (const char* name : {"store.db", "store.db-wal", "store.db-shm", "relay.db", "relay.db-wal",
                           "relay.db-shm", "lock", "master.key", "privitty.lic"}) {
    rules.protected_files.push_back(settings.accounts / name);
  }
  rules.restricted = settings.restricted_paths();
  // The program at the other end of --stdio started the daemon in its own folder.
  std::error_code unknown;
  if (settings.stdio) rules.working_folder = std::filesystem::current_path(unknown).string();
  for (const auto& folder : settings.files) rules.roots.push_back(folder);
  return rules;
}

std::vector<std::string> names_in_accounts(const Settings& settings) {
  std::vector<std::string> out;
  const auto add = [&](const std::filesystem::path& path) {
    if (path.parent_path() == settings.accounts) out.push_back(path.filename().string());
  };
  for (const std::string& file : path_rules(settings).protected_files) add(file);
  if (settings.commands) add(*settings.commands);
  if (settings.tls) add(settings.tls->certificate);
  for (const auto& folder : settings.files) add(folder);
  return out;
}

std::vector<std::string> hidden_from_commands(const Settings& settings) {
  std::vector<std::string> out;
  const auto hide = [&](const std::filesystem::path& path) {
    if (path.empty()) return;
    std::error_code unknown;
    auto whole = std::filesystem::weakly_canonical(path, unknown);
    out.push_back((unknown ? std::filesystem::absolute(path, unknown) : whole).string());
  };
  hide(settings.accounts);
  for (const auto& secret : {settings.key.key_file, settings.key.passphrase_file,
                             settings.relay_token_file, settings.ice_servers_file}) {
    hide(secret);
  }
  if (settings.config) hide(*settings.config);
  if (settings.api_keys) hide(*settings.api_keys);
  if (settings.tls) hide(settings.tls->key);
  return out;
}

base::Result<std::string> read_relay_token(const std::filesystem::path& file) {
  if (file.empty()) return std::string();
  const std::string text(first_line(beginning_of(file, kMaxTokenFile)));
  if (text.empty() || text.size() > 128) {
    return base::fail(
        base::Errc::invalid_argument,
        "--relay-token-file " + file.string() +
            ": expected a file with the token that privitty-edge relay admit printed");
  }
  return text;
}

base::Result<std::string> read_ice_servers(const std::filesystem::path& file) {
  if (file.empty()) return std::string("[]");
  const std::string text = beginning_of(file, kMaxIceServers + 1);
  const auto list = nlohmann::json::parse(text, nullptr, false);
  const bool good = text.size() <= kMaxIceServers && list.is_array() &&
                    std::all_of(list.begin(), list.end(), [](const nlohmann::json& server) {
                      return server.is_object() && server.contains("urls");
                    });
  if (!good) {
    return base::fail(base::Errc::invalid_argument,
                      "--ice-servers-file " + file.string() +
                          ": expected a file of at most 64 KiB with a JSON list such as "
                          R"([{"urls":["stun:192.0.2.1:3478"]}])");
  }
  return list.dump();
}

}  // namespace gateway
