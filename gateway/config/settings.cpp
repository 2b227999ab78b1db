#include "gateway/config/settings.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "gateway/config/setting_sources.h"
#include "gateway/text/given_text.h"
#include "messaging/model/plain_name.h"

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
    const std::string word = lower_word(given->text);
    for (const std::string_view yes : {"1", "true", "yes", "on"}) {
      if (word == yes) return true;
    }
    for (const std::string_view no : {"0", "false", "no", "off"}) {
      if (word == no) return false;
    }
    return fail(Errc::invalid_argument,
                given->source + ": expected 1 or 0, not '" + given->text + "'");
  }
  static Result<fs::path> path(const GivenValue& given) {
    return given_path(given.text, given.source);
  }

 private:
  GivenValues values_;
};

Result<base::Millis> read_duration(const GivenValue& given) {
  constexpr base::Millis kSecond = 1000;
  constexpr base::Millis kDay = 24 * 3600 * kSecond;
  const auto wrong = [&] {
    return fail(Errc::invalid_argument, given.source + " '" + given.text +
                                            "': expected a duration from 1m to 365d, as 90s, 30m, "
                                            "36h or 14d");
  };
  std::int64_t count = 0;
  const char* end = given.text.data() + given.text.size();
  const auto read = std::from_chars(given.text.data(), end, count);
  if (read.ec != std::errc() || read.ptr + 1 != end || count < 1 || count > 100'000'000) {
    return wrong();
  }
  base::Millis unit = 0;
  const std::string letter = lower_word({read.ptr, 1});
  if (letter == "s") unit = kSecond;
  if (letter == "m") unit = 60 * kSecond;
  if (letter == "h") unit = 3600 * kSecond;
  if (letter == "d") unit = kDay;
  const base::Millis span = count * unit;
  if (span < 60 * kSecond || span > 365 * kDay) return wrong();
  return span;
}

Result<HostPort> read_address(const GivenValue& given) {
  return parse_host_port(given.text).with_context(given.source + " '" + given.text + "'");
}

Result<std::string> read_profile(const GivenValue& given) {
  auto name = messaging::given_name(given.source, given.text, 64);
  if (name && !name->empty()) return name;
  return fail(
      Errc::invalid_argument,
      given.source +
          ": expected a name of 1 to 64 bytes that can be seen, without control characters");
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
  const std::string word = lower_word(given.text);
  if (word == "debug") return Level::debug;
  if (word == "info") return Level::info;
  if (word == "warning") return Level::warning;
  if (word == "error") return Level::error;
  if (word == "off") return Level::off;
  return fail(
      Errc::invalid_argument,
      given.source + ": expected debug, info, warning, error or off, not '" + given.text + "'");
}

std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t number = 0;
  const auto [stopped, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || stopped != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<std::size_t> read_number(const GivenValue& given, std::size_t most, std::size_t least = 1) {
  const auto number = whole_number(given.text);
  if (!number || *number < least || *number > most) {
    return fail(Errc::invalid_argument, given.source + ": expected a number from " +
                                            std::to_string(least) + " to " + std::to_string(most) +
                                            ", not '" + given.text + "'");
  }
  return *number;
}

// "50" or "50/200"; 0 means no limit. Without a burst four seconds' worth may come at once.
Result<std::optional<RateLimit::Rule>> read_rate(const GivenValue& given) {
  constexpr std::size_t kMost = 1'000'000;
  const std::string_view text = given.text;
  const auto slash = text.find('/');
  const auto rate = whole_number(text.substr(0, slash));
  const auto burst = slash == std::string_view::npos ? std::optional(rate.value_or(0) * 4)
                                                     : whole_number(text.substr(slash + 1));
  const bool none = rate == std::size_t{0} && slash == std::string_view::npos;
  if (none) return std::optional<RateLimit::Rule>();
  if (!rate || *rate < 1 || *rate > kMost || !burst || *burst < 1 || *burst > 4 * kMost) {
    return fail(Errc::invalid_argument,
                given.source +
                    ": expected requests a second, as in 50 or 50/200 (200 at once), "
                    "or 0 for no limit, not '" +
                    given.text + "'");
  }
  return std::optional(RateLimit::Rule{.per_second = static_cast<double>(*rate),
                                       .burst = static_cast<double>(*burst)});
}

// RFC 6454's serialisation: what browsers send. "null", which any page can have, is none.
bool is_origin(std::string_view text) {
  const auto mark = text.find("://");
  if (mark == std::string_view::npos || mark == 0) return false;
  const auto scheme_fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  const auto host_fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == ':' ||
           c == '[' || c == ']' || c == '_';
  };
  const std::string_view scheme = text.substr(0, mark);
  const std::string_view host = text.substr(mark + 3);
  return !host.empty() && host.size() <= 260 &&
         std::all_of(scheme.begin(), scheme.end(), scheme_fits) &&
         std::all_of(host.begin(), host.end(), host_fits);
}

Result<CorsSettings> read_cors(const Reader& reader, bool has_keys) {
  constexpr std::size_t kMost = 1000;
  CorsSettings out;
  for (const GivenValue& given : reader.all("cors")) {
    if (given.text == "*") {
      out.any = true;
      if (has_keys) continue;
      return fail(Errc::invalid_argument,
                  given.source +
                      ": pages of any origin may call only where callers show keys: add --api-keys "
                      "FILE, or name the origins, as in --cors https://app.example");
    }
    if (!is_origin(given.text) || out.origins.size() >= kMost) {
      return fail(Errc::invalid_argument,
                  given.source +
                      ": expected an origin as browsers send it, scheme://host[:port] "
                      "without a path, not '" +
                      given.text.substr(0, 64) + "'");
    }
    out.origins.push_back(given.text);
  }
  return out;
}

Result<std::optional<CertificateFiles>> read_tls(const Reader& reader) {
  const GivenValue* certificate = reader.one("tls-cert");
  const GivenValue* key = reader.one("tls-key");
  if (certificate == nullptr && key == nullptr) return std::optional<CertificateFiles>();
  if (certificate == nullptr || key == nullptr) {
    const bool lacks_key = key == nullptr;
    return fail(Errc::invalid_argument,
                (lacks_key ? certificate : key)->source + " is given without " +
                    (lacks_key ? "--tls-key" : "--tls-cert") + ": https needs both");
  }
  CertificateFiles out;
  EDGE_TRY(out.certificate, Reader::path(*certificate));
  EDGE_TRY(out.key, Reader::path(*key));
  return std::optional(std::move(out));
}

Result<base::log::Format> read_format(const GivenValue& given) {
  const std::string word = lower_word(given.text);
  if (word == "text") return base::log::Format::text;
  if (word == "json") return base::log::Format::json;
  return fail(Errc::invalid_argument,
              given.source + ": expected text or json, not '" + given.text + "'");
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

Result<> read_relay(const Reader& reader, Settings& out) {
  constexpr std::size_t kMostMib = 16 * 1024 * 1024;
  // One depositor, or one admission, has a half: a deposit of 2 MiB has to fit into it, or large
  // files would never get through.
  constexpr std::size_t kLeastMib = 4;
  EDGE_TRY(out.relay, reader.on("relay"));
  EDGE_TRY(out.relay_open, reader.on("relay-open"));
  for (const auto& [name, value] : {std::pair{"relay-max-mib", &out.relay_max_mib},
                                    std::pair{"relay-mailbox-mib", &out.relay_mailbox_mib}}) {
    if (const auto* given = reader.one(name)) {
      EDGE_TRY(*value, read_number(*given, kMostMib, kLeastMib));
    }
  }
  if (out.relay_open && !out.relay) {
    return fail(Errc::invalid_argument,
                reader.one("relay-open")->source + " has no effect without --relay; add it");
  }
  if (const auto* given = reader.one("relay-url")) {
    EDGE_TRY(out.relay_url, parse_peer_url(given->text).with_context(given->source));
  }
  if (const auto* given = reader.one("relay-token-file")) {
    EDGE_TRY(out.relay_token_file, Reader::path(*given));
    if (!out.relay_url) {
      return fail(Errc::invalid_argument,
                  given->source + " needs --relay-url: the relay that the token admits to");
    }
  }
  return {};
}

Result<Settings> give_types(const Reader& reader, const Surroundings& surroundings) {
  Settings out;
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
                      "one. Leave one of them out (the container's image is started with "
                      "--allow-anonymous: give it --listen 0.0.0.0:7200 as its command instead)");
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
      return fail(Errc::invalid_argument, given->source +
                                              ": expected an Ed25519 public key of 64 "
                                              "hex digits, as license issue prints it");
    }
    out.license_issuer = *key;
  }
  if (const auto* given = reader.one("license-url")) {
    const std::string scheme = lower_word(given->text.substr(0, 8));
    if (!scheme.starts_with("https://") && !scheme.starts_with("http://")) {
      return fail(Errc::invalid_argument,
                  given->source + ": expected a URL such as https://license.example/v1/license/…");
    }
    out.license_url = given->text;
  }
  if (const auto* given = reader.one("log-level")) {
    EDGE_TRY(out.log_level, read_level(*given));
  }
  if (const auto* given = reader.one("workers")) {
    EDGE_TRY(out.workers, read_number(*given, 256));
  }
  if (const auto* given = reader.one("log-format")) {
    EDGE_TRY(out.log_format, read_format(*given));
  }
  EDGE_TRY(out.cors, read_cors(reader, out.api_keys.has_value()));
  EDGE_TRY(out.tls, read_tls(reader));
  if (const auto* given = reader.one("rate-limit")) {
    EDGE_TRY(out.request_limits.address, read_rate(*given));
    out.request_limits.local_too = true;
  }
  if (const auto* given = reader.one("key-rate-limit")) {
    EDGE_TRY(out.request_limits.key, read_rate(*given));
  }
  if (const auto* given = reader.one("max-connections")) {
    EDGE_TRY(out.max_connections, read_number(*given, 10'000'000));
  }
  if (const auto* given = reader.one("max-connections-per-address")) {
    EDGE_TRY(out.max_connections_per_address, read_number(*given, 10'000'000));
  }
  if (const auto* given = reader.one("expire-after")) {
    EDGE_TRY(out.expire_after, read_duration(*given));
  }
  EDGE_CHECK(read_relay(reader, out));
  if (const auto* given = reader.one("config")) {
    EDGE_TRY(out.config, Reader::path(*given));
  }
  EDGE_TRY(out.key, read_key(reader, out.accounts, surroundings));
  EDGE_CHECK(refuse_open_address(out, reader.one("listen")));

  const HostPort& reached = out.peer_listen ? *out.peer_listen : out.listen;
  if (reached.is_wildcard() && !out.public_url) {
    out.warnings.push_back(
        "invites will name this machine as " + std::string(out.tls ? "https" : "http") + "://" +
        surroundings.host_name + ": give --public-url if peers reach it by another name");
  }
  if (!out.files.empty() && !out.restricted_paths()) {
    out.warnings.emplace_back(
        "--files has no effect without --api-keys or --allow-anonymous: callers on loopback may "
        "name any file "
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
    const GivenValue& named = config->second.front();
    EDGE_CHECK(given_path(named.text, named.source));
    EDGE_TRY(auto file, values_of_file(named.text).with_context(named.source));
    merged.merge(file);
  }
  EDGE_TRY(out.settings, give_types(Reader(std::move(merged)), surroundings));
  for (auto& warning : doubtful_variables(surroundings)) {
    out.settings.warnings.push_back(std::move(warning));
  }
  if (!out.settings.api_keys && surroundings.variable("PRIVITTY_API_KEY")) {
    out.settings.warnings.emplace_back(
        "PRIVITTY_API_KEY is set, but this daemon serves without keys: that variable is the key "
        "that privitty-edge shows; --api-keys FILE (PRIVITTY_API_KEYS_FILE) makes the daemon ask "
        "for one");
  }
  return out;
}

PeerUrl public_url_for(const Settings& settings, const HostPort& bound,
                       const Surroundings& surroundings) {
  if (settings.public_url) return *settings.public_url;
  PeerUrl out;
  out.https = settings.tls.has_value();
  out.host = bound.is_wildcard() ? surroundings.host_name : bound.host;
  out.port = bound.port;
  return out;
}

}  // namespace gateway
