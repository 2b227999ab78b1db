// The text of GET /metrics: every figure of the daemon, gathered for each request. Runs on a
// worker: it counts the outbox and reads /proc.
#pragma once

#include <string>

namespace messaging {
class Engine;
}
namespace messaging::mail {
class MailAccounts;
}
namespace rpc {
class Service;
}
namespace store {
class Store;
}

namespace gateway {

class CallFigures;
class CountedTransport;
class Gatekeeper;
class HttpServer;
class Hub;
class RelayPart;
class WebSockets;
class WorkerPool;
namespace commands {
class CommandService;
}

// All outlive the request; none but those that say so is null.
struct MetricsSources {
  const CallFigures* calls = nullptr;
  const HttpServer* server = nullptr;
  const Hub* hub = nullptr;
  const WorkerPool* workers = nullptr;
  const rpc::Service* service = nullptr;
  store::Store* store = nullptr;
  const CountedTransport* transport = nullptr;
  const Gatekeeper* gatekeeper = nullptr;
  const RelayPart* relay = nullptr;                           // with --relay
  const commands::CommandService* command_service = nullptr;  // with --commands
  const WebSockets* sockets = nullptr;
  const messaging::mail::MailAccounts* mails = nullptr;  // null in a build without mail
};

// Prometheus' text format.
std::string metrics_text(const MetricsSources& sources);

inline constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace gateway
