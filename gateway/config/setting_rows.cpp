#include <array>

#include "gateway/config/settings.h"

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
    {.name = "cors",
     .env = "PRIVITTY_CORS",
     .value = "ORIGIN",
     .fallback = "off",
     .doc =
         "Origin whose pages may call (https://app.example); repeatable (variable: ',' between). "
         "Without a value (or *) any may, which needs --api-keys.",
     .separator = ',',
     .value_may_lack = true},
    {.name = "tls-cert",
     .env = "PRIVITTY_TLS_CERT",
     .value = "FILE",
     .fallback = "plain HTTP",
     .doc = "Serve https, for callers and peers: the certificate and its chain in PEM form."},
    {.name = "tls-key",
     .env = "PRIVITTY_TLS_KEY",
     .value = "FILE",
     .fallback = "",
     .doc = "The certificate's private key in PEM form, without a passphrase."},
    {.name = "rate-limit",
     .env = "PRIVITTY_RATE_LIMIT",
     .value = "N[/BURST]",
     .fallback = "200/1000, and none for this machine",
     .doc = "Requests a second that one address may send; set, it holds for this machine too. 0: "
            "none."},
    {.name = "key-rate-limit",
     .env = "PRIVITTY_KEY_RATE_LIMIT",
     .value = "N[/BURST]",
     .fallback = "none",
     .doc = "Requests a second that one API key may send."},
    {.name = "max-connections",
     .env = "PRIVITTY_MAX_CONNECTIONS",
     .value = "N",
     .fallback = "what the limit of open files leaves",
     .doc = "Connections at once, streams included."},
    {.name = "max-connections-per-address",
     .env = "PRIVITTY_MAX_CONNECTIONS_PER_ADDRESS",
     .value = "N",
     .fallback = "a quarter of all, and none for this machine",
     .doc = "Connections of one address at once; set, it holds for this machine too."},
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
    {.name = "expire-after",
     .env = "PRIVITTY_EXPIRE_AFTER",
     .value = "DURATION",
     .fallback = "14d",
     .doc = "How long a message is tried before it has failed: 90s, 30m, 36h, 14d; 1m to 365d."},
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
     .doc = "debug (each request too), info, warning, error or off."},
    {.name = "log-format",
     .env = "PRIVITTY_LOG_FORMAT",
     .value = "FORMAT",
     .fallback = "text",
     .doc = "text, or json: one object a line."},
    {.name = "stdio",
     .env = "",
     .value = "",
     .fallback = "off",
     .doc = "Also speak JSON-RPC over stdin and stdout, one object a line; ends with its input."},
    {.name = "relay",
     .env = "PRIVITTY_RELAY",
     .value = "",
     .fallback = "off",
     .doc = "Also keep mailboxes for devices that cannot be reached (privitty-edge relay admit)."},
    {.name = "relay-open",
     .env = "PRIVITTY_RELAY_OPEN",
     .value = "",
     .fallback = "off",
     .doc = "With --relay: let anybody open a mailbox, without an admission token."},
    {.name = "relay-max-mib",
     .env = "PRIVITTY_RELAY_MAX_MIB",
     .value = "N",
     .fallback = "1024",
     .doc = "With --relay: the most it keeps in all; a tenth of the disk stays free besides."},
    {.name = "relay-mailbox-mib",
     .env = "PRIVITTY_RELAY_MAILBOX_MIB",
     .value = "N",
     .fallback = "256",
     .doc = "With --relay: the most one mailbox holds; one depositor fills half of it."},
    {.name = "relay-url",
     .env = "PRIVITTY_RELAY_URL",
     .value = "URL",
     .fallback = "",
     .doc = "The relay this device is reached through; it then needs no inbound port."},
    {.name = "relay-token-file",
     .env = "PRIVITTY_RELAY_TOKEN_FILE",
     .value = "FILE",
     .fallback = "",
     .doc = "A file with the token that admits this device to its relay."},
});

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
      "  --version\n      The version and the commit it was built from.\n\n"
      "exit codes: 0 stopped as asked, 1 could not start or failed, 2 flags or settings are "
      "wrong\n");
  return out;
}

}  // namespace gateway
