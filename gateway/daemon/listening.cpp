#include "gateway/daemon/listening.h"

#include "gateway/daemon/peer_port.h"

namespace gateway {

base::Result<> try_addresses(const Settings& settings, EventLoop& loop, WorkerPool& workers) {
  HttpServer probe(loop, workers);
  if (settings.serves_http) EDGE_CHECK(probe.listen(settings.listen));
  if (settings.peer_listen) {
    EDGE_CHECK(probe.listen(*settings.peer_listen, ListenerKind::peer));
  }
  return {};
}

HttpOptions http_options(const Settings& settings, const Surroundings& surroundings) {
  HttpOptions options;
  if (settings.public_url) options.guard.hosts.push_back(settings.public_url->host);
  options.guard.hosts.push_back(surroundings.host_name);  // what invites name for a wildcard
  for (const auto& host : settings.allow_hosts) options.guard.hosts.push_back(host);
  options.guard.origins = settings.cors.origins;
  options.guard.any_origin = settings.cors.any;
  options.max_connections = settings.max_connections;
  options.max_connections_per_address = settings.max_connections_per_address.value_or(0);
  options.local_addresses_too = settings.max_connections_per_address.has_value();
  options.requests = settings.request_limits;
  return options;
}

base::Result<Listening> listen(HttpServer& server, const Settings& settings) {
  Listening out;
  if (settings.serves_http) {
    EDGE_TRY(out.all, server.listen(settings.listen));
  }
  if (settings.peer_listen) {
    EDGE_TRY(out.peers, server.listen(*settings.peer_listen, ListenerKind::peer));
  } else if (!settings.serves_http) {
    EDGE_TRY(out.peers, listen_at_kept_port(server, settings.accounts));
  }
  return out;
}

}  // namespace gateway
