#include "gateway/config/settings.h"

#include "gateway/config/setting_rows.h"
#include "gateway/config/setting_sources.h"
#include "gateway/text/given_text.h"

namespace gateway {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr std::string_view kDropInName = "deltachat-rpc-server";
constexpr std::string_view kDropInAccounts = "DC_ACCOUNTS_PATH";

// The first value of a setting; nullptr when none was given.
const GivenValue* given(const GivenValues& values, std::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? nullptr : &found->second.front();
}

Result<> complete_folders(Settings& out, const Surroundings& surroundings) {
  if (out.accounts.empty() && out.stdio) out.accounts = "accounts";
  if (out.accounts.empty()) {
    const auto found = surroundings.default_accounts();
    if (!found) {
      return fail(Errc::invalid_argument,
                  "--accounts: neither XDG_DATA_HOME nor HOME is set; give the folder to store in");
    }
    out.accounts = *found;
  }
  if (out.accounts.filename().empty()) out.accounts = out.accounts.parent_path();  // "dir/"
  if (out.files.empty() && out.restricted_paths() && surroundings.container) {
    out.files.emplace_back("/data");
  }
  return {};
}

Result<> check_callers(const Settings& out, const GivenValues& values) {
  if (out.api_keys && out.allow_anonymous) {
    return fail(Errc::invalid_argument,
                given(values, "api-keys")->source +
                    " and --allow-anonymous contradict each other: with keys every caller shows "
                    "one. Leave one of them out (the container's image is started with "
                    "--allow-anonymous: give it --listen 0.0.0.0:7200 as its command instead)");
  }
  if (out.cors.any && !out.api_keys) {
    return fail(Errc::invalid_argument,
                given(values, "cors")->source +
                    ": pages of any origin may call only where callers show keys: add --api-keys "
                    "FILE, or name the origins, as in --cors https://app.example");
  }
  if (out.listen.is_loopback() || out.allow_anonymous || out.api_keys) return {};
  const GivenValue* const listen = given(values, "listen");
  return fail(
      Errc::invalid_argument,
      (listen == nullptr ? "--listen" : listen->source) + ": " + out.listen.text() +
          " is not loopback, and whoever reached it could read and send every message. "
          "Listen on 127.0.0.1 and let peers in by --peer-listen " +
          out.listen.text() +
          ", or let callers show keys (--api-keys FILE; privitty-edge keys add makes them), or add "
          "--allow-anonymous if only trusted programs reach this address (a private container "
          "network)");
}

Result<> check_tls(const GivenValues& values) {
  const GivenValue* const certificate = given(values, "tls-cert");
  const GivenValue* const key = given(values, "tls-key");
  if ((certificate == nullptr) == (key == nullptr)) return {};
  const bool lacks_key = key == nullptr;
  return fail(Errc::invalid_argument,
              (lacks_key ? certificate : key)->source + " is given without " +
                  (lacks_key ? "--tls-key" : "--tls-cert") + ": https needs both");
}

Result<> complete_key(KeyPlace& out, const std::filesystem::path& accounts,
                      const GivenValues& values, const Surroundings& surroundings) {
  if (!out.key_file.empty() && !out.passphrase_file.empty()) {
    return fail(Errc::invalid_argument,
                given(values, "key-file")->source + " and " +
                    given(values, "passphrase-file")->source +
                    " are both set; the store has one key, set one of them");
  }
  if (!out.passphrase_file.empty()) return {};
  if (!out.key_file.empty()) {
    out.beside_store = out.key_file.parent_path() == accounts;
  } else if (const auto given = surroundings.credentials_key()) {
    out.key_file = *given;
  } else {
    out.key_file = accounts / "master.key";
    out.beside_store = true;
  }
  return {};
}

Result<> check_relay(const Settings& out, const GivenValues& values) {
  if (out.relay_open && !out.relay) {
    return fail(Errc::invalid_argument,
                given(values, "relay-open")->source + " has no effect without --relay; add it");
  }
  if (!out.relay_token_file.empty() && !out.relay_url) {
    return fail(Errc::invalid_argument,
                given(values, "relay-token-file")->source +
                    " needs --relay-url: the relay that the token admits to");
  }
  return {};
}

void warn(Settings& out, const Surroundings& surroundings) {
  if (!out.mail_account.empty() && out.stdio) {
    out.warnings.emplace_back(
        "--mail-account has no effect with --stdio: the client sets up its accounts");
  }
  const HostPort& reached = out.peer_listen ? *out.peer_listen : out.listen;
  if ((out.serves_http || out.peer_listen) && reached.is_wildcard() && !out.public_url) {
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
  for (auto& warning : doubtful_variables(surroundings)) {
    out.warnings.push_back(std::move(warning));
  }
  if (!out.api_keys && surroundings.variable("PRIVITTY_API_KEY")) {
    out.warnings.emplace_back(
        "PRIVITTY_API_KEY is set, but this daemon serves without keys: that variable is the key "
        "that privitty-edge shows; --api-keys FILE (PRIVITTY_API_KEYS_FILE) makes the daemon ask "
        "for one");
  }
}

// A row handles its own setting; here are the rules about several settings, and about the daemon's
// surroundings.
Result<Settings> settings_of(const GivenValues& values, const Surroundings& surroundings) {
  Settings out;
  out.profile = surroundings.host_name.substr(0, 64);
  for (const SettingRow& row : setting_rows()) {
    if (const auto found = values.find(row.name); found != values.end()) {
      EDGE_CHECK(row.set(out, found->second));
    }
  }
  out.serves_http = !out.stdio || given(values, "listen") != nullptr;
  const bool one_address = out.serves_http && out.peer_listen == out.listen;
  if (one_address && out.listen.port != 0) out.peer_listen.reset();
  // Nobody reads the errors of a program that talks over its standard streams.
  if (out.stdio && given(values, "log-level") == nullptr) {
    out.log_level = base::log::Level::warning;
  }
  EDGE_CHECK(complete_folders(out, surroundings));
  EDGE_CHECK(check_callers(out, values));
  EDGE_CHECK(check_tls(values));
  EDGE_CHECK(check_relay(out, values));
  EDGE_CHECK(complete_key(out.key, out.accounts, values, surroundings));
  warn(out, surroundings);
  return out;
}

}  // namespace

bool is_drop_in(std::string_view program) {
  return program.substr(program.rfind('/') + 1) == kDropInName;
}

Result<DropIn> read_drop_in_arguments(const std::vector<std::string>& args) {
  if (args.empty()) return DropIn{};
  if (args.size() > 1) {
    return fail(Errc::invalid_argument,
                "expected no arguments or one of --stdio, --version and --openrpc, not " +
                    std::to_string(args.size()));
  }
  if (args.front() == "--stdio") return DropIn{};
  if (args.front() == "--version") return DropIn{DropIn::Ask::version};
  if (args.front() == "--openrpc") return DropIn{DropIn::Ask::openrpc};
  return fail(Errc::invalid_argument, "Unrecognized option \"" + args.front() + "\": started as " +
                                          std::string(kDropInName) +
                                          " it takes --version and --openrpc");
}

Result<Invocation> read_settings(const std::vector<std::string>& args,
                                 const Surroundings& surroundings) {
  Invocation out;
  EDGE_TRY(auto flags, values_of_flags(args));
  if (flags.help || flags.version || flags.openrpc) {
    out.ask = flags.help      ? Invocation::Ask::help
              : flags.version ? Invocation::Ask::version
                              : Invocation::Ask::openrpc;
    return out;
  }
  GivenValues merged = std::move(flags.values);
  // The variable of Delta Chat's server, for the programs that start it.
  const auto folder = surroundings.variable(kDropInAccounts);
  if (merged.contains("stdio") && !merged.contains("accounts") && folder) {
    merged["accounts"] = {GivenValue{*folder, std::string(kDropInAccounts)}};
  }
  merged.merge(values_of_environment(surroundings));
  if (const auto config = merged.find("config"); config != merged.end()) {
    const GivenValue& named = config->second.front();
    EDGE_CHECK(given_path(named.text, named.source));
    EDGE_TRY(auto file, values_of_file(named.text).with_context(named.source));
    merged.merge(file);
  }
  EDGE_TRY(out.settings, settings_of(merged, surroundings));
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
