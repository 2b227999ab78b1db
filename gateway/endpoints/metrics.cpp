#include "gateway/endpoints/endpoints.h"
#include "gateway/metrics/exposition.h"

namespace gateway {

void add_metrics_endpoint(RouteTable& routes, std::function<std::string()> text) {
  Route route;
  route.method = "GET";
  route.path = "/metrics";
  route.access = RouteAccess::key_or_local;
  route.scope = rpc::KeyScope::admin;
  route.handle = [text = std::move(text)](Request, Responder responder) {
    Response response = Response::json(text());
    response.content_type = kMetricsType;
    responder.answer(std::move(response).with_header("Cache-Control", "no-store"));
  };
  routes.add(std::move(route));
}

}  // namespace gateway
