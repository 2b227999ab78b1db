#include "gateway/daemon/routes.h"

#include "gateway/peer/deposit_endpoint.h"
#include "gateway/process/version.h"

namespace gateway {

void add_routes(RouteTable& routes, const Served& served) {
  messaging::Engine& engine = served.engine;
  const RpcEndpointOptions calls{.restricted_paths = served.restricted_paths};
  add_rpc_endpoint(routes, served.service, calls);
  add_websocket_endpoint(routes, served.sockets, served.tickets, calls);
  add_events_endpoint(routes, served.hub, &served.tickets);
  add_publish_endpoint(routes, served.service);
  add_health_endpoint(routes, std::string(version()), served.why_not_ready);
  add_metrics_endpoint(routes, [figures = served.figures] { return metrics_text(figures); });
  FileFunctions files;
  files.open = [&engine](base::AccountId account, base::MsgId message) {
    return engine.files().open_unprotected(account, message);
  };
  files.begin = [&engine](base::AccountId account, std::string_view name) {
    return engine.files().begin_upload(account, std::string(name));
  };
  add_file_endpoint(routes, std::move(files));
  add_viewer_endpoint(routes, served.viewers,
                      [&engine](base::AccountId account, base::MsgId message) {
                        return engine.protected_files().open(account, message);
                      });
  if (served.command_service != nullptr) {
    add_project_endpoints(routes, *served.command_service, served.tickets);
  } else {
    routes.add_absent("/projects",
                      "This daemon runs no commands: start it with --commands FILE, which names "
                      "those that it may run (docs/commands.md).");
  }
  if (served.relay != nullptr) {
    served.relay->add_routes(routes, served.clock);
  } else {
    add_deposit_endpoint(routes, engine, served.clock);
  }
}

}  // namespace gateway
