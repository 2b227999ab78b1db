#include "messaging/peering/relay_choice.h"

#include <arpa/inet.h>

#include "base/host.h"
#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/invite_rules.h"
#include "crypto/wiping.h"
#include "messaging/kernel/core.h"
#include "store/tables/config_values.h"

namespace messaging::peering {

crypto::Identity relay_owner(const crypto::Identity& account, std::string_view url) {
  base::WireWriter info;
  info.fixed(base::as_bytes("privitty-edge relay owner v1")).text(url);
  crypto::WipingArray<32> seed;
  crypto::hkdf_sha256(account.seed().view(), {}, info.view(), seed);
  return crypto::Identity::from_seed(seed.view());
}

std::string relay_mailbox_name(const crypto::PublicKey& owner) {
  base::WireWriter claim;
  claim.fixed(base::as_bytes("privitty-edge relay mailbox")).fixed(owner.bytes());
  return base::to_hex(crypto::blake2b<16>(claim.view()));
}

base::Result<std::string> parse_relay_url(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  const std::size_t host = text.find("://");
  const bool plain = crypto::invite::is_url(text) && text.size() <= 255 &&
                     host != std::string_view::npos &&
                     text.find('/', host + 3) == std::string_view::npos;
  if (!plain) {
    return base::fail(base::Errc::invalid_argument,
                      "relay_url: expected the relay's URL, such as https://relay.example, or "
                      "\"none\"");
  }
  return std::string(text);
}

bool is_loopback_relay(std::string_view url) {
  const std::string host(base::host_of_url(url));
  // Resolvers also accept 127.1, 2130706433 and 0x7f.1 as addresses.
  in_addr address{};
  if (::inet_aton(host.c_str(), &address) != 0) return (ntohl(address.s_addr) >> 24) == 127;
  return base::is_loopback_host(host);
}

base::Result<std::optional<kernel::RelayHome>> find_relay_home(const kernel::Core& core,
                                                               const store::Scope& scope,
                                                               const crypto::Identity& account) {
  EDGE_TRY(const auto own_url, store::find_config_value(scope, "relay_url"));
  EDGE_TRY(const auto own_token, store::find_config_value(scope, "relay_token"));
  if (own_url == "none") return std::nullopt;
  const bool own = own_url && !own_url->empty();
  if (!own && core.options.relay_url.empty()) return std::nullopt;
  kernel::RelayHome home;
  home.by_settings = !own;
  EDGE_TRY(home.url, parse_relay_url(own ? *own_url : core.options.relay_url));
  // The daemon's token is for the daemon's relay and is sent to no other.
  home.token = own_token ? *own_token : own ? std::string() : core.options.relay_token;
  home.mailbox = relay_mailbox_name(relay_owner(account, home.url).public_key());
  return home;
}

}  // namespace messaging::peering
