#include "gateway/config/setting_rows.h"

#include <algorithm>
#include <array>

#include "gateway/config/settings.h"

namespace gateway {
namespace {

using base::Result;
using Given = std::span<const GivenValue>;

// What a row does with its values: reads the one that a row without separator has into a field of
// Settings,
template <auto kField, auto kRead>
Result<> into(Settings& out, Given given) {
  EDGE_TRY(out.*kField, kRead(given.front()));
  return {};
}

// into a member of a field, which is made when it is optional,
template <auto kField, auto kMember, auto kRead>
Result<> into_part(Settings& out, Given given) {
  auto& field = out.*kField;
  if constexpr (requires { field.emplace(); }) {
    if (!field) field.emplace();
    EDGE_TRY((*field).*kMember, kRead(given.front()));
  } else {
    EDGE_TRY(field.*kMember, kRead(given.front()));
  }
  return {};
}

// or all of them into a list.
template <auto kField, auto kRead>
Result<> add(Settings& out, Given given) {
  for (const GivenValue& value : given) {
    EDGE_TRY(auto item, kRead(value));
    (out.*kField).push_back(std::move(item));
  }
  return {};
}

template <std::size_t kMost, std::size_t kLeast = 1>
Result<std::size_t> number(const GivenValue& given) {
  return read_number(given, kMost, kLeast);
}

Result<> set_cors(Settings& out, Given given) {
  constexpr std::size_t kMostOrigins = 1000;
  for (const GivenValue& value : given) {
    EDGE_TRY(auto origin, read_origin(value));
    if (origin == "*") {
      out.cors.any = true;
    } else if (out.cors.origins.size() < kMostOrigins) {
      out.cors.origins.push_back(std::move(origin));
    } else {
      return base::fail(
          base::Errc::invalid_argument,
          value.source + ": expected at most " + std::to_string(kMostOrigins) + " origins");
    }
  }
  return {};
}

Result<> set_rate_limit(Settings& out, Given given) {
  EDGE_TRY(out.request_limits.address, read_rate(given.front()));
  out.request_limits.local_too = true;
  return {};
}

constexpr std::size_t kMostMib = 16 * 1024 * 1024;
// One depositor, or one admission, has a half: a deposit of 2 MiB has to fit into it, or large
// files would never get through.
constexpr std::size_t kLeastMib = 4;

constexpr auto kRows = std::to_array<SettingRow>({
    {.name = "listen",
     .env = "PRIVITTY_LISTEN",
     .set = into<&Settings::listen, read_address>,
     .value = "HOST:PORT",
     .fallback = "127.0.0.1:7200",
     .doc = "Address that serves /rpc, /events and the rest; port 0 picks a free one."},
    {.name = "accounts",
     .env = "PRIVITTY_ACCOUNTS",
     .set = into<&Settings::accounts, read_path>,
     .value = "DIR",
     .fallback = "$XDG_DATA_HOME/privitty, or /var/lib/privitty in the container",
     .doc = "Everything the daemon stores."},
    {.name = "profile",
     .env = "PRIVITTY_PROFILE",
     .set = into<&Settings::profile, read_profile>,
     .value = "NAME",
     .fallback = "the host name",
     .doc = "Name of account 1, which is made on first start."},
    {.name = "public-url",
     .env = "PRIVITTY_PUBLIC_URL",
     .set = into<&Settings::public_url, read_url>,
     .value = "URL",
     .fallback = "the address listened on",
     .doc = "Where peers reach this daemon; goes into invites."},
    {.name = "peer-listen",
     .env = "PRIVITTY_PEER_LISTEN",
     .set = into<&Settings::peer_listen, read_address>,
     .value = "HOST:PORT",
     .fallback = "the --listen address",
     .doc = "A second address that serves peers alone: /relay/v1/ and /health."},
    {.name = "files",
     .env = "PRIVITTY_FILES",
     .set = add<&Settings::files, read_path>,
     .value = "DIR",
     .fallback = "any place; with keys or --allow-anonymous none (/data in the container)",
     .doc = "Folder in which paths given by callers may lie; repeatable (variable: ':' between).",
     .separator = ':'},
    {.name = "allow-host",
     .env = "PRIVITTY_ALLOW_HOSTS",
     .set = add<&Settings::allow_hosts, read_host_name>,
     .value = "NAME",
     .fallback = "",
     .doc = "A further Host name that is answered; repeatable (variable: ',' between).",
     .separator = ','},
    {.name = "api-keys",
     .env = "PRIVITTY_API_KEYS_FILE",
     .set = into<&Settings::api_keys, read_path>,
     .value = "FILE",
     .fallback = "none: callers on this machine need no key",
     .doc = "Hashed API keys with scopes (privitty-edge keys add); then every caller needs one."},
    {.name = "allow-anonymous",
     .env = "PRIVITTY_ALLOW_ANONYMOUS",
     .set = into<&Settings::allow_anonymous, read_switch>,
     .value = "",
     .fallback = "off",
     .doc = "Serve an address other than loopback without keys (a private container network)."},
    {.name = "commands",
     .env = "PRIVITTY_COMMANDS",
     .set = into<&Settings::commands, read_path>,
     .value = "FILE",
     .fallback = "none: no command is run",
     .doc = "The list of device commands, and of who may run them (docs/commands.md)."},
    {.name = "cors",
     .env = "PRIVITTY_CORS",
     .set = set_cors,
     .value = "ORIGIN",
     .fallback = "off",
     .doc =
         "Origin whose pages may call (https://app.example); repeatable (variable: ',' between). "
         "Without a value (or *) any may, which needs --api-keys.",
     .separator = ',',
     .value_may_lack = true},
    {.name = "tls-cert",
     .env = "PRIVITTY_TLS_CERT",
     .set = into_part<&Settings::tls, &CertificateFiles::certificate, read_path>,
     .value = "FILE",
     .fallback = "plain HTTP",
     .doc = "Serve https, for callers and peers: the certificate and its chain in PEM form."},
    {.name = "tls-key",
     .env = "PRIVITTY_TLS_KEY",
     .set = into_part<&Settings::tls, &CertificateFiles::key, read_path>,
     .value = "FILE",
     .fallback = "",
     .doc = "The certificate's private key in PEM form, without a passphrase."},
    {.name = "rate-limit",
     .env = "PRIVITTY_RATE_LIMIT",
     .set = set_rate_limit,
     .value = "N[/BURST]",
     .fallback = "200/1000, and none for this machine",
     .doc = "Requests a second that one address may send; set, it holds for this machine too. 0: "
            "none."},
    {.name = "key-rate-limit",
     .env = "PRIVITTY_KEY_RATE_LIMIT",
     .set = into_part<&Settings::request_limits, &RequestLimitOptions::key, read_rate>,
     .value = "N[/BURST]",
     .fallback = "none",
     .doc = "Requests a second that one API key may send."},
    {.name = "max-connections",
     .env = "PRIVITTY_MAX_CONNECTIONS",
     .set = into<&Settings::max_connections, number<10'000'000>>,
     .value = "N",
     .fallback = "what the limit of open files leaves",
     .doc = "Connections at once, streams included."},
    {.name = "max-connections-per-address",
     .env = "PRIVITTY_MAX_CONNECTIONS_PER_ADDRESS",
     .set = into<&Settings::max_connections_per_address, number<10'000'000>>,
     .value = "N",
     .fallback = "a quarter of all, and none for this machine",
     .doc = "Connections of one address at once; set, it holds for this machine too."},
    {.name = "key-file",
     .env = "PRIVITTY_KEY_FILE",
     .set = into_part<&Settings::key, &KeyPlace::key_file, read_path>,
     .value = "FILE",
     .fallback = "$CREDENTIALS_DIRECTORY/privitty_key, /run/secrets/privitty_key, DIR/master.key",
     .doc = "The key that opens the store; DIR/master.key is made on first start."},
    {.name = "passphrase-file",
     .env = "PRIVITTY_PASSPHRASE_FILE",
     .set = into_part<&Settings::key, &KeyPlace::passphrase_file, read_path>,
     .value = "FILE",
     .fallback = "",
     .doc = "A file with the passphrase that opens the store, instead of a key file."},
    {.name = "peers-public-only",
     .env = "PRIVITTY_PEERS_PUBLIC_ONLY",
     .set = into<&Settings::peers_public_only, read_switch>,
     .value = "",
     .fallback = "off",
     .doc = "Never connect to peers in private address ranges."},
    {.name = "expire-after",
     .env = "PRIVITTY_EXPIRE_AFTER",
     .set = into<&Settings::expire_after, read_duration>,
     .value = "DURATION",
     .fallback = "14d",
     .doc = "How long a message is tried before it has failed: 90s, 30m, 36h, 14d; 1m to 365d."},
    {.name = "license-issuer",
     .env = "PRIVITTY_LICENSE_ISSUER",
     .set = into<&Settings::license_issuer, read_issuer>,
     .value = "KEY",
     .fallback = "none: no license is needed",
     .doc = "Public key of who issues licenses, 64 hex digits; then protected files need one."},
    {.name = "license-url",
     .env = "PRIVITTY_LICENSE_URL",
     .set = into<&Settings::license_url, read_license_url>,
     .value = "URL",
     .fallback = "none",
     .doc = "License delivery URL, used once when DIR/privitty.lic is absent."},
    {.name = "config",
     .env = "PRIVITTY_CONFIG",
     .set = into<&Settings::config, read_path>,
     .value = "FILE",
     .fallback = "",
     .doc = "The same settings as lines `name = value`."},
    {.name = "workers",
     .env = "PRIVITTY_WORKERS",
     .set = into<&Settings::workers, number<256>>,
     .value = "N",
     .fallback = "the number of processors, at least 2",
     .doc = "Threads that run calls; none ever waits for news, so few are enough."},
    {.name = "log-level",
     .env = "PRIVITTY_LOG_LEVEL",
     .set = into<&Settings::log_level, read_level>,
     .value = "LEVEL",
     .fallback = "info",
     .doc = "debug (each request too), info, warning, error or off."},
    {.name = "log-format",
     .env = "PRIVITTY_LOG_FORMAT",
     .set = into<&Settings::log_format, read_format>,
     .value = "FORMAT",
     .fallback = "text",
     .doc = "text, or json: one object a line."},
    {.name = "stdio",
     .env = "",
     .set = into<&Settings::stdio, read_switch>,
     .value = "",
     .fallback = "off",
     .doc = "Speak JSON-RPC over stdin and stdout, one object a line; ends with its input. The "
            "folder is "
            "then $DC_ACCOUNTS_PATH or ./accounts and begins empty, and HTTP needs --listen."},
    {.name = "relay",
     .env = "PRIVITTY_RELAY",
     .set = into<&Settings::relay, read_switch>,
     .value = "",
     .fallback = "off",
     .doc = "Also keep mailboxes for devices that cannot be reached (privitty-edge relay admit)."},
    {.name = "relay-open",
     .env = "PRIVITTY_RELAY_OPEN",
     .set = into<&Settings::relay_open, read_switch>,
     .value = "",
     .fallback = "off",
     .doc = "With --relay: let anybody open a mailbox, without an admission token."},
    {.name = "relay-max-mib",
     .env = "PRIVITTY_RELAY_MAX_MIB",
     .set = into<&Settings::relay_max_mib, number<kMostMib, kLeastMib>>,
     .value = "N",
     .fallback = "1024",
     .doc = "With --relay: the most it keeps in all; a tenth of the disk stays free besides."},
    {.name = "relay-mailbox-mib",
     .env = "PRIVITTY_RELAY_MAILBOX_MIB",
     .set = into<&Settings::relay_mailbox_mib, number<kMostMib, kLeastMib>>,
     .value = "N",
     .fallback = "256",
     .doc = "With --relay: the most one mailbox holds; one depositor fills half of it."},
    {.name = "relay-url",
     .env = "PRIVITTY_RELAY_URL",
     .set = into<&Settings::relay_url, read_url>,
     .value = "URL",
     .fallback = "",
     .doc = "The relay this device is reached through; it then needs no inbound port."},
    {.name = "ice-servers-file",
     .env = "PRIVITTY_ICE_SERVERS_FILE",
     .set = into<&Settings::ice_servers_file, read_path>,
     .value = "FILE",
     .fallback = "",
     .doc = "A file with the STUN and TURN servers for calls: the JSON list that WebRTC takes."},
    {.name = "mail-account",
     .env = "PRIVITTY_MAIL_ACCOUNT",
     .set = into<&Settings::mail_account, read_mail_account>,
     .value = "LINK",
     .fallback = "",
     .doc = "At the first start, account 1 is reached by e-mail: dcaccount:DOMAIN of a chatmail "
            "relay, or dclogin:… with a password, which belongs into the variable."},
    {.name = "relay-token-file",
     .env = "PRIVITTY_RELAY_TOKEN_FILE",
     .set = into<&Settings::relay_token_file, read_path>,
     .value = "FILE",
     .fallback = "",
     .doc = "A file with the token that admits this device to its relay."},
});

static_assert(std::all_of(kRows.begin(), kRows.end(),
                          [](const SettingRow& row) { return row.set != nullptr; }));

}  // namespace

std::span<const SettingRow> setting_rows() { return kRows; }

std::string settings_help() {
  std::string out =
      "privitty-edged: a private messaging gateway beside an application.\n\n"
      "usage: privitty-edged [flags]\n\n"
      "A flag beats its environment variable, that the configuration file, that the default.\n\n";
  for (const SettingRow& row : kRows) {
    out.append("  --").append(row.name);
    if (row.value_may_lack) {
      out.append(" [").append(row.value).append("]");
    } else if (!row.value.empty()) {
      out.append(" ").append(row.value);
    }
    out.append("\n      ").append(row.doc).append("\n");
    if (!row.env.empty()) out.append("      variable ").append(row.env);
    if (!row.fallback.empty()) {
      out.append(row.env.empty() ? "      default " : ", default ").append(row.fallback);
    }
    out.append("\n");
  }
  out.append(
      "  --help\n      This text.\n"
      "  --version\n      The version and the commit it was built from.\n"
      "  --openrpc\n      The methods of the API as an OpenRPC document.\n\n"
      "Started under the name deltachat-rpc-server it takes that program's place: it speaks over "
      "stdin and stdout, stores in $DC_ACCOUNTS_PATH, and takes --version and --openrpc alone.\n\n"
      "exit codes: 0 stopped as asked, 1 could not start or failed, 2 flags or settings are "
      "wrong\n");
  return out;
}

}  // namespace gateway
