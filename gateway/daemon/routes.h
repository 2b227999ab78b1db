// The routes of the daemon: which part answers at which endpoint.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/endpoints/endpoints.h"
#include "gateway/metrics/exposition.h"
#include "gateway/relay/relay_part.h"
#include "messaging/api/engine.h"
#include "rpc/service.h"

namespace gateway {

// The parts that answer. All outlive the server.
struct Served {
  rpc::Service& service;
  messaging::Engine& engine;
  Hub& hub;
  WebSockets& sockets;
  ViewerSessions& viewers;
  Tickets& tickets;
  commands::CommandService* command_service = nullptr;  // with --commands
  RelayPart* relay = nullptr;                           // with --relay
  const base::Clock& clock;
  bool restricted_paths = false;  // see rpc::Caller
  MetricsSources figures;
  std::function<std::vector<std::string>()> why_not_ready;  // on the loop; must not block
};

void add_routes(RouteTable& routes, const Served& served);

}  // namespace gateway
