#include "gateway/endpoints/endpoints.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxPublishBody = 1024 * 1024;

}  // namespace

void add_publish_endpoint(RouteTable& routes, rpc::Publisher& publisher) {
  Route route;
  route.method = "POST";
  route.path = "/publish";
  route.scope = rpc::KeyScope::publish;
  route.body_limit = kMaxPublishBody;
  route.json_only = true;
  route.handle = [&publisher](Request request, Responder responder) {
    const rpc::Caller caller{.loopback = request.loopback,
                             .access = request.access,
                             .closed = responder.closed(),
                             .input_ended = responder.input_ended(),
                             .party = request.party};
    publisher.publish(request.body, caller,
                      [responder = std::move(responder)](base::Result<std::string> answer) mutable {
                        if (!answer) return responder.answer(Response::error(answer.error()));
                        responder.answer(Response::json(std::move(*answer) + "\n"));
                      });
  };
  routes.add(std::move(route));
}

}  // namespace gateway
