// The endpoints of this gateway's own HTTP surface; each adds its routes to the table. Everything
// they are given outlives the server.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/function.h"
#include "base/ids.h"
#include "base/result.h"
#include "gateway/auth/tickets.h"
#include "gateway/commands/command_service.h"
#include "gateway/http/route.h"
#include "gateway/hub/hub.h"
#include "gateway/viewer/sessions.h"
#include "gateway/ws/sockets.h"
#include "messaging/api/protected_files.h"
#include "messaging/model/attachment.h"
#include "rpc/dispatcher.h"
#include "rpc/publisher.h"

namespace gateway {

// POST /rpc.
struct RpcEndpointOptions {
  bool restricted_paths = false;  // see rpc::Caller
};
void add_rpc_endpoint(RouteTable& routes, rpc::Dispatcher& dispatcher,
                      RpcEndpointOptions options = {});

// GET /ws and POST /ws/ticket.
void add_websocket_endpoint(RouteTable& routes, WebSockets& sockets, Tickets& tickets,
                            RpcEndpointOptions options = {});

// GET /events, and with `tickets` POST /events/ticket.
void add_events_endpoint(RouteTable& routes, Hub& hub, Tickets* tickets = nullptr);

// Device commands: GET /projects and what lies below it (docs/commands.md).
void add_project_endpoints(RouteTable& routes, commands::CommandService& service, Tickets& tickets);

// POST /publish: one event on a channel, or an array of them in one commit.
void add_publish_endpoint(RouteTable& routes, rpc::Publisher& publisher);

// GET /health and /health/ready, on every listener. `reasons` returns why the daemon is not ready;
// empty means ready. It is called on the loop and must not block.
void add_health_endpoint(RouteTable& routes, std::string version,
                         std::function<std::vector<std::string>()> reasons);

// GET /metrics: for this machine, or with the scope admin. `text` runs on workers.
void add_metrics_endpoint(RouteTable& routes, std::function<std::string()> text);

// GET and HEAD /file/:msg_id?account_id=, POST /file?name=&account_id=. The functions run on
// workers, several at once.
struct FileFunctions {
  std::function<base::Result<messaging::Attachment>(base::AccountId, base::MsgId)> open;
  std::function<base::Result<std::unique_ptr<messaging::Upload>>(base::AccountId,
                                                                 std::string_view name)>
      begin;
};
void add_file_endpoint(RouteTable& routes, FileFunctions files);

// POST /auth and GET, HEAD /stream/:msg_id?account_id=: protected files for the one viewer that
// knows this device. `open` runs on workers, several at once.
using OpenProtected =
    std::function<base::Result<messaging::OpenedFile>(base::AccountId, base::MsgId)>;
void add_viewer_endpoint(RouteTable& routes, ViewerSessions& sessions, OpenProtected open);

}  // namespace gateway
