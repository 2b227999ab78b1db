// Settings: the configuration of the daemon. Every setting is one row (setting_rows.cpp),
// which sets one field here; flags, environment, configuration file and --help derive from the
// rows. A flag beats the environment, the environment the configuration file, the file the default;
// a value that is wrong is named by the place it came from.
//
// The configuration file holds `name = value` lines, names as the flags without their leading
// dashes; a line that begins with `#` is a comment; a repeatable name may stand on several lines;
// quotation marks around a value are no part of it. Values that are words
// (true, info, json) may be in capitals.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log_record.h"
#include "base/result.h"
#include "crypto/identity.h"
#include "gateway/limits/request_limits.h"
#include "gateway/process/surroundings.h"
#include "gateway/text/host_port.h"
#include "gateway/text/url.h"
#include "gateway/tls/certificate_files.h"

namespace gateway {

// The daemon's and the client's exit codes.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;  // it was understood and did not work
inline constexpr int kExitUsage = 2;    // the flags, environment or configuration are wrong

// Where the wrapping key comes from. Exactly one of the two paths is set.
struct KeyPlace {
  std::filesystem::path key_file;
  std::filesystem::path passphrase_file;
  bool beside_store = false;  // DIR/master.key: a stolen disk opens the store (decision 21)
};

// Whose pages may call (--cors).
struct CorsSettings {
  bool any = false;
  std::vector<std::string> origins;  // scheme://host[:port]
};

struct Settings {
  HostPort listen{"127.0.0.1", 7200};
  bool serves_http = true;  // false: --stdio without --listen; `listen` is then not used
  std::optional<HostPort> peer_listen;
  std::filesystem::path accounts;
  std::string profile;
  std::optional<PeerUrl> public_url;  // nothing: see public_url_for()
  std::vector<std::filesystem::path> files;
  std::vector<std::string> allow_hosts;
  std::optional<std::filesystem::path> api_keys;
  bool allow_anonymous = false;
  std::optional<std::filesystem::path> commands;  // the list of device commands
  CorsSettings cors;
  RequestLimitOptions request_limits;
  std::size_t max_connections = 0;                         // 0: what open files leave
  std::optional<std::size_t> max_connections_per_address;  // nothing: see HttpOptions
  std::optional<CertificateFiles> tls;
  bool peers_public_only = false;
  KeyPlace key;
  bool relay = false;       // keep mailboxes for others
  bool relay_open = false;  // without admission tokens
  std::size_t relay_max_mib = 1024;
  std::size_t relay_mailbox_mib = 256;
  std::optional<PeerUrl> relay_url;  // where this device is reached
  std::filesystem::path relay_token_file;
  std::string mail_account;  // a link, dcaccount:… or dclogin:…; "": account 1 is native
  std::filesystem::path ice_servers_file;
  std::optional<crypto::PublicKey> license_issuer;
  std::string license_url;  // "": none
  std::optional<std::filesystem::path> config;
  std::size_t workers = 0;  // 0: as many as there are processors, at least 2
  base::log::Level log_level = base::log::Level::info;
  base::log::Format log_format = base::log::Format::text;
  bool stdio = false;
  base::Millis expire_after = 14 * 24 * 3600 * base::Millis{1000};
  std::vector<std::string> warnings;  // to be logged once the level is set

  // Callers' paths lie below `files` only (decision 24).
  bool restricted_paths() const { return allow_anonymous || api_keys.has_value(); }
};

struct Invocation {
  enum class Ask { run, help, version, openrpc };
  Ask ask = Ask::run;
  Settings settings;  // for run
};

// Whether the program was started under the name of Delta Chat's server, which it then replaces:
// its arguments and variables are that server's (read_drop_in_arguments()).
bool is_drop_in(std::string_view program);
// The request of a drop-in. Errors are usage errors; that server then exits with 1.
struct DropIn {
  enum class Ask { serve, version, openrpc };
  Ask ask = Ask::serve;
};
base::Result<DropIn> read_drop_in_arguments(const std::vector<std::string>& args);

// `args` without the program's name. Every error is one of usage and ends in what to do.
base::Result<Invocation> read_settings(const std::vector<std::string>& args,
                                       const Surroundings& surroundings);

// The URL that goes into invites: --public-url, else the address peers reach (`bound` with its real
// port), a wildcard by the host name.
PeerUrl public_url_for(const Settings& settings, const HostPort& bound,
                       const Surroundings& surroundings);

}  // namespace gateway
