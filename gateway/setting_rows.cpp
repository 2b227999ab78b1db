#include <array>

#include "gateway/settings.h"

namespace gateway {
namespace {

constexpr auto kRows = std::to_array<SettingRow>({
    {.name = "listen",
     .env = "PRIVITTY_LISTEN",
     .value = "HOST:PORT",
     .fallback = "127.0.0.1:7200",
     .doc = "Address that serves /rpc, /events and the rest; port 0 picks a free one."},
    {.name = "accounts",
     .env = "PRIVITTY_ACCOUNTS",
     .value = "DIR",
     .fallback = "$XDG_DATA_HOME/privitty, or /var/lib/privitty in the container",
     .doc = "Everything the daemon stores."},
    {.name = "profile",
     .env = "PRIVITTY_PROFILE",
     .value = "NAME",
     .fallback = "the host name",
     .doc = "Name of account 1, which is made on first start."},
    {.name = "public-url",
     .env = "PRIVITTY_PUBLIC_URL",
     .value = "URL",
     .fallback = "the address listened on",
     .doc = "Where peers reach this daemon; goes into invites."},
    {.name = "peer-listen",
     .env = "PRIVITTY_PEER_LISTEN",
     .value = "HOST:PORT",
     .fallback = "the --listen address",
     .doc = "A second address that serves peers alone: /relay/v1/ and /health."},
    {.name = "files",
     .env = "PRIVITTY_FILES",
     .value = "DIR",
     .fallback = "any place; with keys or --allow-anonymous none (/data in the container)",
     .doc = "Folder in which paths given by callers may lie; repeatable (variable: ':' between).",
     .separator = ':'},
    {.name = "allow-host",
     .env = "PRIVITTY_ALLOW_HOSTS",
     .value = "NAME",
     .fallback = "",
     .doc = "A further Host name that is answered; repeatable (variable: ',' between).",
     .separator = ','},
    {.name = "api-keys",
     .env = "PRIVITTY_API_KEYS_FILE",
     .value = "FILE",
     .fallback = "none: callers on this machine need no key",
     .doc = "Hashed API keys with scopes (privitty-edge keys add); then every caller needs one."},
    {.name = "allow-anonymous",
     .env = "PRIVITTY_ALLOW_ANONYMOUS",
     .value = "",
     .fallback = "off",
     .doc = "Serve an address other than loopback without keys (a private container network)."},
    {.name = "key-file",
     .env = "PRIVITTY_KEY_FILE",
     .value = "FILE",
     .fallback = "$CREDENTIALS_DIRECTORY/privitty_key, /run/secrets/privitty_key, DIR/master.key",
     .doc = "The key that opens the store; DIR/master.key is made on first start."},
    {.name = "passphrase-file",
     .env = "PRIVITTY_PASSPHRASE_FILE",
     .value = "FILE",
     .fallback = "",
     .doc = "A file with the passphrase that opens the store, instead of a key file."},
    {.name = "peers-public-only",
     .env = "PRIVITTY_PEERS_PUBLIC_ONLY",
     .value = "",
     .fallback = "off",
     .doc = "Never connect to peers in private address ranges."},
    {.name = "license-issuer",
     .env = "PRIVITTY_LICENSE_ISSUER",
     .value = "KEY",
     .fallback = "none: no license is needed",
     .doc = "Public key of who issues licenses, 64 hex digits; then protected files need one."},
    {.name = "license-url",
     .env = "PRIVITTY_LICENSE_URL",
     .value = "URL",
     .fallback = "none",
     .doc = "License delivery URL, used once when DIR/privitty.lic is absent."},
    {.name = "config",
     .env = "PRIVITTY_CONFIG",
     .value = "FILE",
     .fallback = "",
     .doc = "The same settings as lines `name = value`."},
    {.name = "workers",
     .env = "PRIVITTY_WORKERS",
     .value = "N",
     .fallback = "the number of processors, at least 2",
     .doc = "Threads that run calls; none ever waits for news, so few are enough."},
    {.name = "log-level",
     .env = "PRIVITTY_LOG_LEVEL",
     .value = "LEVEL",
     .fallback = "info",
     .doc = "debug, info, warning, error or off."},
    {.name = "stdio",
     .env = "",
     .value = "",
     .fallback = "off",
     .doc = "Also speak JSON-RPC over stdin and stdout, one object a line; ends with its input."},
    {.name = "cors",
     .env = "PRIVITTY_CORS",
     .value = "ORIGIN",
     .fallback = "",
     .doc = "Browser front ends.",
     .separator = ',',
     .available = false},
    {.name = "relay",
     .env = "PRIVITTY_RELAY",
     .value = "",
     .fallback = "off",
     .doc = "Also keep mailboxes for devices that cannot be reached.",
     .available = false},
    {.name = "relay-url",
     .env = "PRIVITTY_RELAY_URL",
     .value = "URL",
     .fallback = "",
     .doc = "The relay this device is reached through.",
     .available = false},
});

}  // namespace

std::span<const SettingRow> setting_rows() { return kRows; }

std::string settings_help() {
  std::string out =
      "privitty-edged: a private messaging gateway beside an application.\n\n"
      "usage: privitty-edged [flags]\n\n"
      "A flag beats its environment variable, that the configuration file, that the default.\n\n";
  for (const SettingRow& row : kRows) {
    if (!row.available) continue;
    out.append("  --").append(row.name);
    if (!row.value.empty()) out.append(" ").append(row.value);
    out.append("\n      ").append(row.doc).append("\n");
    if (!row.env.empty()) out.append("      variable ").append(row.env);
    if (!row.fallback.empty()) {
      out.append(row.env.empty() ? "      default " : ", default ").append(row.fallback);
    }
    out.append("\n");
  }
  out.append(
      "  --help\n      This text.\n"
      "  --version\n      The version and the commit it was built from.\n\n"
      "exit codes: 0 stopped as asked, 1 could not start or failed, 2 flags or settings are "
      "wrong\n");
  return out;
}

}  // namespace gateway
