#include "gateway/endpoints/endpoints.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxRpcBody = 16 * 1024 * 1024;

}  // namespace

void add_rpc_endpoint(RouteTable& routes, rpc::Dispatcher& dispatcher, RpcEndpointOptions options) {
  Route route;
  route.method = "POST";
  route.path = "/rpc";
  route.body_limit = kMaxRpcBody;
  route.json_only = true;
  route.handle = [&dispatcher, options](Request request, Responder responder) {
    const rpc::Caller caller{.loopback = request.loopback,
                             .restricted_paths = options.restricted_paths,
                             .access = request.access};
    dispatcher.handle(
        request.body, caller, [responder = std::move(responder)](std::string answer) mutable {
          responder.answer(answer.empty() ? Response::empty() : Response::json(std::move(answer)));
        });
  };
  routes.add(std::move(route));
}

}  // namespace gateway
