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
  const auto caller_of = [options](const Request& request, base::Cancellation closed,
                                   base::Cancellation input_ended) {
    return rpc::Caller{.loopback = request.loopback,
                       .restricted_paths = options.restricted_paths,
                       .access = request.access,
                       .closed = std::move(closed),
                       .input_ended = std::move(input_ended),
                       .party = request.party};
  };
  route.quick = [&dispatcher, caller_of](const Request& request) -> std::optional<Response> {
    // It is answered before this returns, on the thread that would see the connection close.
    const base::CancelSource here;
    auto answer = dispatcher.recall(request.body, caller_of(request, here.token(), here.token()));
    if (!answer) return std::nullopt;
    return Response::json(*std::move(answer));
  };
  route.handle = [&dispatcher, caller_of](Request request, Responder responder) {
    const rpc::Caller caller = caller_of(request, responder.closed(), responder.input_ended());
    dispatcher.handle(std::move(request.body), caller,
                      [responder = std::move(responder)](rpc::Reply reply) mutable {
                        Response response = reply.text.empty()
                                                ? Response::empty()
                                                : Response::json(std::move(reply.text));
                        response.taken = std::move(reply.taken);
                        responder.answer(std::move(response));
                      });
  };
  routes.add(std::move(route));
}

}  // namespace gateway
