#include "gateway/daemon/engine_options.h"

#include "gateway/config/setting_uses.h"
#include "gateway/process/version.h"

namespace gateway {

base::Result<messaging::kernel::EngineOptions> engine_options(const Settings& settings,
                                                              const Surroundings& surroundings,
                                                              const PeerUrl& url) {
  messaging::kernel::EngineOptions options;
  options.profile = settings.profile;
  options.host = settings.public_url ? settings.public_url->host : surroundings.host_name;
  options.public_urls = {url.text()};
  options.version = version();
  options.expire_after = settings.expire_after;
  options.paths = path_rules(settings);
  options.accounts_by_clients = settings.stdio;
  if (settings.relay_url) options.relay_url = settings.relay_url->text();
  EDGE_TRY(options.relay_token, read_relay_token(settings.relay_token_file));
  EDGE_TRY(options.ice_servers, read_ice_servers(settings.ice_servers_file));
  options.first_by_mail = !settings.mail_account.empty();
  return options;
}

}  // namespace gateway
