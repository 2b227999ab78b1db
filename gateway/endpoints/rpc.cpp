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
  const auto caller_of = [options](const Request& request) {
    return rpc::Caller{.loopback = request.loopback,
                       .restricted_paths = options.restricted_paths,
                       .access = request.access};
  };
  route.quick = [&dispatcher, caller_of](const Request& request) -> std::optional<Response> {
    auto answer = dispatcher.recall(request.body, caller_of(request));
    if (!answer) return std::nullopt;
    return Response::json(*std::move(answer));
  };
  route.handle = [&dispatcher, caller_of](Request request, Responder responder) {
    dispatcher.handle(
        request.body, caller_of(request),
        [responder = std::move(responder)](std::string answer) mutable {
          responder.answer(answer.empty() ? Response::empty() : Response::json(std::move(answer)));
        });
  };
  routes.add(std::move(route));
}

}  // namespace gateway
