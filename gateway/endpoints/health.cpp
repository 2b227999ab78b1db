#include <nlohmann/json.hpp>

#include "gateway/endpoints/endpoints.h"

namespace gateway {
namespace {

Response health_response(nlohmann::ordered_json body, const std::vector<std::string>& why) {
  if (!why.empty()) body["reasons"] = why;
  return Response::json(body.dump() + "\n", why.empty() ? 200 : 503)
      .with_header("Cache-Control", "no-store");
}

}  // namespace

void add_health_endpoint(RouteTable& routes, std::string version,
                         std::function<std::vector<std::string>()> reasons) {
  Route alive;
  alive.method = "GET";
  alive.path = "/health";
  alive.on_loop = true;  // answers whatever the workers are busy with
  alive.listeners = kOnMain | kOnPeer;
  alive.access = RouteAccess::open;
  Route ready = alive;
  ready.path = "/health/ready";

  alive.handle = [version, reasons](Request, Responder responder) {
    const std::vector<std::string> why = reasons();
    nlohmann::ordered_json body{{"status", why.empty() ? "ok" : "unavailable"},
                                {"service", "privitty-edged"},
                                {"version", version}};
    responder.answer(health_response(std::move(body), why));
  };
  ready.handle = [reasons](Request, Responder responder) {
    const std::vector<std::string> why = reasons();
    nlohmann::ordered_json body{{"status", why.empty() ? "ready" : "not ready"}};
    responder.answer(health_response(std::move(body), why));
  };
  routes.add(std::move(alive));
  routes.add(std::move(ready));
}

}  // namespace gateway
