#include "gateway/settings.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "gateway/setting_sources.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;
using base::Errc;
using base::fail;
using base::Result;

// The merged values, asked for by name and type.
class Reader {
 public:
  explicit Reader(GivenValues values) : values_(std::move(values)) {}

  const GivenValue* one(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second.front();
  }
  const std::vector<GivenValue>& all(std::string_view name) const {
    static const std::vector<GivenValue> kNone;
    const auto found = values_.find(name);
    return found == values_.end() ? kNone : found->second;
  }
  Result<bool> on(std::string_view name) const {
    const GivenValue* given = one(name);
    if (given == nullptr) return false;
    for (const std::string_view yes : {"1", "true", "yes", "on"}) {
      if (given->text == yes) return true;
    }
    for (const std::string_view no : {"0", "false", "no", "off"}) {
      if (given->text == no) return false;
    }
    return fail(Errc::invalid_argument,
                given->source + ": expected 1 or 0, not '" + given->text + "'");
  }
  // Absolute, so that a later change of folder changes nothing.
  static Result<fs::path> path(const GivenValue& given) {
    if (given.text.empty() || given.text.find('\0') != std::string::npos) {
      return fail(Errc::invalid_argument, given.source + ": expected a path");
    }
    std::error_code fault;
    auto out = fs::absolute(given.text, fault);
    if (fault) return fail(Errc::invalid_argument, given.source + ": " + fault.message());
    return out.lexically_normal();
  }

 private:
  GivenValues values_;
};

Result<HostPort> read_address(const GivenValue& given) {
  return parse_host_port(given.text).with_context(given.source + " '" + given.text + "'");
}

Result<std::string> read_profile(const GivenValue& given) {
  const bool plain = std::none_of(given.text.begin(), given.text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
  });
  if (given.text.empty() || given.text.size() > 64 || !plain || !base::is_utf8(given.text)) {
    return fail(Errc::invalid_argument,
                given.source + ": expected a name of 1 to 64 bytes without control characters");
  }
  return given.text;
}

Result<std::string> read_host_name(const GivenValue& given) {
  if (!parse_peer_url("http://" + given.text) || given.text.find(':') != std::string::npos) {
    return fail(Errc::invalid_argument,
                given.source + ": expected a host name without a port, not '" + given.text + "'");
  }
  return given.text;
}

Result<base::log::Level> read_level(const GivenValue& given) {
  using base::log::Level;
  if (given.text == "debug") return Level::debug;
  if (given.text == "info") return Level::info;
  if (given.text == "warning") return Level::warning;
  if (given.text == "error") return Level::error;
  if (given.text == "off") return Level::off;
  return fail(
      Errc::invalid_argument,
      given.source + ": expected debug, info, warning, error or off, not '" + given.text + "'");
}

Result<std::size_t> read_workers(const GivenValue& given) {
  constexpr std::size_t kMost = 256;
  std::size_t number = 0;
  const char* const end = given.text.data() + given.text.size();
  const auto [stopped, fault] = std::from_chars(given.text.data(), end, number);
  if (fault != std::errc{} || stopped != end || number < 1 || number > kMost) {
    return fail(Errc::invalid_argument,
                given.source + ": expected a number from 1 to 256, not '" + given.text + "'");
  }
  return number;
}

Result<KeyPlace> read_key(const Reader& reader, const fs::path& accounts,
                          const Surroundings& surroundings) {
  const GivenValue* file = reader.one("key-file");
  const GivenValue* phrase = reader.one("passphrase-file");
  if (file != nullptr && phrase != nullptr) {
    return fail(Errc::invalid_argument,
                file->source + " and " + phrase->source +
                    " are both set; the store has one key, set one of them");
  }
  KeyPlace out;
  if (phrase != nullptr) {
    EDGE_TRY(out.passphrase_file, Reader::path(*phrase));
  } else if (file != nullptr) {
    EDGE_TRY(out.key_file, Reader::path(*file));
    out.beside_store = out.key_file.parent_path() == accounts;
  } else if (const auto handed = surroundings.handed_key()) {
    out.key_file = *handed;
  } else {
    out.key_file = accounts / "master.key";
    out.beside_store = true;
  }
  return out;
}

Result<> refuse_unavailable(const Reader& reader) {
  for (const SettingRow& row : setting_rows()) {
    const GivenValue* given = reader.one(row.name);
    if (row.available || given == nullptr) continue;
    if (row.value.empty()) {
      EDGE_TRY(const bool wanted, reader.on(row.name));
      if (!wanted) continue;
    }
    return fail(
        Errc::invalid_argument,
        given->source + ": not available in this version; leave it out to start without it");
  }
  return {};
}

Result<> refuse_open_address(const Settings& settings, const GivenValue* given) {
  if (settings.listen.is_loopback() || settings.allow_anonymous || settings.api_keys) return {};
  return fail(
      Errc::invalid_argument,
      (given == nullptr ? "--listen" : given->source) + ": " + settings.listen.text() +
          " is not loopback, and whoever reached it could read and send every message. "
          "Listen on 127.0.0.1 and let peers in by --peer-listen " +
          settings.listen.text() +
          ", or let callers show keys (--api-keys FILE; privitty-edge keys add makes them), or add "
          "--allow-anonymous if only trusted programs reach this address (a private container "
          "network)");
}

Result<Settings> give_types(const Reader& reader, const Surroundings& surroundings) {
  Settings out;
  EDGE_CHECK(refuse_unavailable(reader));
  if (const auto* given = reader.one("listen")) {
    EDGE_TRY(out.listen, read_address(*given));
  }
  if (const auto* given = reader.one("peer-listen")) {
    EDGE_TRY(auto address, read_address(*given));
    if (address != out.listen || address.port == 0) out.peer_listen = std::move(address);
  }
  if (const auto* given = reader.one("accounts")) {
    EDGE_TRY(out.accounts, Reader::path(*given));
  } else if (const auto found = surroundings.default_accounts()) {
    out.accounts = *found;
  } else {
    return fail(Errc::invalid_argument,
                "--accounts: neither XDG_DATA_HOME nor HOME is set; give the folder to store in");
  }
  if (out.accounts.filename().empty()) out.accounts = out.accounts.parent_path();  // "dir/"
  out.profile = surroundings.host_name.substr(0, 64);
  if (const auto* given = reader.one("profile")) {
    EDGE_TRY(out.profile, read_profile(*given));
  }
  if (const auto* given = reader.one("public-url")) {
    EDGE_TRY(out.public_url, parse_peer_url(given->text).with_context(given->source));
  }
  EDGE_TRY(out.allow_anonymous, reader.on("allow-anonymous"));
  if (const auto* given = reader.one("api-keys")) {
    EDGE_TRY(out.api_keys, Reader::path(*given));
    if (out.allow_anonymous) {
      return fail(Errc::invalid_argument,
                  given->source +
                      " and --allow-anonymous contradict each other: with keys every caller shows "
                      "one. Leave one of them out (the container's image sets "
                      "PRIVITTY_ALLOW_ANONYMOUS: set it to 0)");
    }
  }
  EDGE_TRY(out.peers_public_only, reader.on("peers-public-only"));
  EDGE_TRY(out.stdio, reader.on("stdio"));
  for (const auto& given : reader.all("files")) {
    EDGE_TRY(auto folder, Reader::path(given));
    out.files.push_back(std::move(folder));
  }
  if (out.files.empty() && out.restricted_paths() && surroundings.container) {
    out.files.emplace_back("/data");
  }
  for (const auto& given : reader.all("allow-host")) {
    EDGE_TRY(auto name, read_host_name(given));
    out.allow_hosts.push_back(std::move(name));
  }
  if (const auto* given = reader.one("license-issuer")) {
    auto key = crypto::PublicKey::from_fingerprint(given->text);
    if (!key) {
      return fail(Errc::invalid_argument, given->source + ": expected an Ed25519 public key of 64 "
                                                          "hex digits, as license issue prints it");
    }
    out.license_issuer = *key;
  }
  if (const auto* given = reader.one("license-url")) {
    if (!given->text.starts_with("https://") && !given->text.starts_with("http://")) {
      return fail(Errc::invalid_argument,
                  given->source + ": expected a URL such as https://license.example/v1/license/…");
    }
    out.license_url = given->text;
  }
  if (const auto* given = reader.one("log-level")) {
    EDGE_TRY(out.log_level, read_level(*given));
  }
  if (const auto* given = reader.one("workers")) {
    EDGE_TRY(out.workers, read_workers(*given));
  }
  if (const auto* given = reader.one("config")) {
    EDGE_TRY(out.config, Reader::path(*given));
  }
  EDGE_TRY(out.key, read_key(reader, out.accounts, surroundings));
  EDGE_CHECK(refuse_open_address(out, reader.one("listen")));

  const HostPort& reached = out.peer_listen ? *out.peer_listen : out.listen;
  if (reached.is_wildcard() && !out.public_url) {
    out.warnings.push_back("invites will name this machine as http://" + surroundings.host_name +
                           ": give --public-url if peers reach it by another name");
  }
  if (!out.files.empty() && !out.restricted_paths()) {
    out.warnings.emplace_back(
        "--files has no effect without --api-keys or --allow-anonymous: callers on loopback may name any file "
        "that this user can read");
  }
  return out;
}

}  // namespace

Result<Invocation> read_settings(const std::vector<std::string>& args,
                                 const Surroundings& surroundings) {
  Invocation out;
  EDGE_TRY(auto flags, values_of_flags(args));
  if (flags.help || flags.version) {
    out.ask = flags.help ? Invocation::Ask::help : Invocation::Ask::version;
    return out;
  }
  GivenValues merged = std::move(flags.values);
  merged.merge(values_of_environment(surroundings));
  if (const auto config = merged.find("config"); config != merged.end()) {
    EDGE_TRY(
        auto file,
        values_of_file(config->second.front().text).with_context(config->second.front().source));
    merged.merge(file);
  }
  EDGE_TRY(out.settings, give_types(Reader(std::move(merged)), surroundings));
  for (auto& warning : doubtful_variables(surroundings)) {
    out.settings.warnings.push_back(std::move(warning));
  }
  return out;
}

PeerUrl public_url_for(const Settings& settings, const HostPort& bound,
                       const Surroundings& surroundings) {
  if (settings.public_url) return *settings.public_url;
  PeerUrl out;
  out.host = bound.is_wildcard() ? surroundings.host_name : bound.host;
  out.port = bound.port;
  return out;
}

}  // namespace gateway
