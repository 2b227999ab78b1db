#include "messaging/model/config_keys.h"

#include <algorithm>
#include <iterator>

namespace messaging {
namespace {

using enum ConfigAccess;
using enum ConfigSecrecy;

// The mail keys are for clients that still ask for a server and a password: their values are stored
// and not used.
constexpr ConfigKey kKeys[] = {
    {"addr"},  // what configure() is to use; of a configured account its address
    {"configured_addr", "", fixed},
    {"configured", "1", computed},
    {"configured_timestamp", "", computed},
    {"is_chatmail", "1", computed},
    {"sys.version", "", computed},
    {"sys.msgsize_max_recommended", "", computed},
    {"sys.config_keys", "", computed},
    {"displayname"},
    {"selfstatus"},
    {"selfavatar"},
    {"bot", "0"},
    {"mdns_enabled", "1"},
    {"last_msg_id", "0"},
    {"private_tag"},
    {"relay_url"},
    {"relay_token", "", open, secret},
    {"is_muted", "0"},
    {"delete_device_after", "0"},
    {"delete_server_after", "0"},
    {"media_quality", "0"},
    {"download_limit", "0"},
    {"sync_msgs", "1"},
    {"bcc_self", "0"},
    {"e2ee_enabled", "1"},
    {"force_encryption", "1"},
    {"skip_start_messages", "0"},
    {"notify_about_wrong_pw", "0"},
    {"last_housekeeping"},
    {"debug_logging", "0"},
    {"gossip_period", "172800"},
    {"key_id"},
    {"webxdc_integration"},
    {"webxdc_realtime_enabled", "1"},
    {"device_token", "", open, secret},
    {"who_can_call_me", "1"},
    {"team_profile", "0"},
    {"show_emails", "2"},
    {"fix_is_chatmail", "0"},
    {"mail_server"},
    {"mail_user"},
    {"mail_pw", "", open, secret},
    {"mail_port"},
    {"mail_security"},
    {"imap_certificate_checks"},
    {"send_server"},
    {"send_user"},
    {"send_pw", "", open, secret},
    {"send_port"},
    {"send_security"},
    {"smtp_certificate_checks"},
    {"server_flags"},
    {"proxy_enabled", "0"},
    {"proxy_url", "", open, credential},
    {"socks5_enabled", "0"},
    {"socks5_host"},
    {"socks5_port"},
    {"socks5_user"},
    {"socks5_password", "", open, secret},
    {"disable_idle", "0"},
    {"donation_request_next_check"},
    {"encrypted_device_token", "", open, secret},
    {"stats_sending", "0"},
    {"stats_id"},
    // What the servers of an account are is in list_transports.
    {"configured_inbox_folder", "", computed},
    {"configured_imap_servers", "", computed},
    {"configured_imap_certificate_checks", "", computed},
    {"configured_mail_server", "", computed},
    {"configured_mail_port", "", computed},
    {"configured_mail_security", "", computed},
    {"configured_mail_user", "", computed},
    {"configured_smtp_servers", "", computed},
    {"configured_send_server", "", computed},
    {"configured_send_port", "", computed},
    {"configured_send_security", "", computed},
    {"configured_send_user", "", computed},
};

// Keys with few values, of which every other text would count as one that nobody chose.
struct Choices {
  std::string_view name;
  std::span<const std::string_view> values;
};

constexpr std::string_view kOffOn[] = {"0", "1"};
constexpr std::string_view kThree[] = {"0", "1", "2"};

constexpr Choices kChoices[] = {
    {"bcc_self", kOffOn},
    {"bot", kOffOn},
    {"is_muted", kOffOn},
    {"mdns_enabled", kOffOn},
    {"disable_idle", kOffOn},
    {"e2ee_enabled", kOffOn},
    {"fix_is_chatmail", kOffOn},
    {"force_encryption", kOffOn},
    {"notify_about_wrong_pw", kOffOn},
    {"proxy_enabled", kOffOn},
    {"socks5_enabled", kOffOn},
    {"stats_sending", kOffOn},
    {"skip_start_messages", kOffOn},
    {"sync_msgs", kOffOn},
    {"team_profile", kOffOn},
    {"webxdc_realtime_enabled", kOffOn},
    {"media_quality", kOffOn},    // balanced, worse
    {"show_emails", kThree},      // none, of known contacts, all
    {"who_can_call_me", kThree},  // everybody, contacts, nobody
};

constexpr std::string_view kNumbers[] = {"delete_device_after", "delete_server_after",
                                         "donation_request_next_check", "gossip_period"};

}  // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }

std::optional<ConfigKey> find_config_key(std::string_view name) {
  for (const ConfigKey& key : kKeys) {
    if (key.name == name) return key;
  }
  if (name.starts_with("ui.") && name.size() <= 256) return ConfigKey{name};
  return std::nullopt;
}

std::span<const std::string_view> config_choices(std::string_view name) {
  for (const Choices& key : kChoices) {
    if (key.name == name) return key.values;
  }
  return {};
}

bool is_number_config(std::string_view name) {
  return std::find(std::begin(kNumbers), std::end(kNumbers), name) != std::end(kNumbers);
}

bool is_secret_config(std::string_view name, std::string_view value) {
  const auto key = find_config_key(name);
  if (!key) return false;
  switch (key->secrecy) {
    case ConfigSecrecy::none:
      return false;
    case ConfigSecrecy::secret:
      return true;
    case ConfigSecrecy::credential:
      return value.find('@') != std::string_view::npos;
  }
  return true;
}

}  // namespace messaging
