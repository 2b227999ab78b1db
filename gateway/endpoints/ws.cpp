// GET /ws: JSON-RPC over a WebSocket (docs/events.md, "Over a WebSocket").
#include "gateway/endpoints/endpoints.h"
#include "gateway/endpoints/stream_request.h"
#include "gateway/ws/handshake.h"

namespace gateway {
namespace {

// ?events=1 and the options of GET /events. Nothing: no events are asked for.
std::variant<std::optional<StreamOptions>, Response> events_of(Request& request) {
  const bool wanted = request.param("events") == "1";
  std::erase_if(request.query, [](const auto& item) { return item.first == "events"; });
  auto options = stream_options_of(request);
  if (auto* const refusal = std::get_if<Response>(&options)) return std::move(*refusal);
  if (!wanted) return std::nullopt;
  if (!request.access->may(rpc::KeyScope::events)) {
    return Response::error(403, "This API key lacks the scope events, so it gets no events=1.");
  }
  return std::move(std::get<StreamOptions>(options));
}

}  // namespace

void add_websocket_endpoint(RouteTable& routes, WebSockets& sockets, Tickets& tickets,
                            RpcEndpointOptions endpoint) {
  Route route;
  route.method = "GET";
  route.path = "/ws";
  route.key_in_query = true;  // a page's WebSocket cannot set headers
  route.on_loop = true;
  route.handle = [&sockets, endpoint](Request request, Responder responder) {
    const auto accept = accept_websocket(request.head);
    if (!accept || request.method() != "GET") {
      return responder.answer(
          Response::error(426, accept ? "A WebSocket is opened with GET." : accept.error().message)
              .with_header("Upgrade", "websocket")
              .with_header("Sec-WebSocket-Version", "13"));
    }
    auto events = events_of(request);
    if (auto* const refusal = std::get_if<Response>(&events)) {
      return responder.answer(std::move(*refusal));
    }
    Response response = Response::empty(101);
    response.content_type.clear();
    response.headers = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Accept", *accept}};
    response.upgrade = true;
    WebSocketOpening opening{.loopback = request.loopback,
                             .restricted_paths = endpoint.restricted_paths,
                             .party = request.party,
                             .events = std::move(std::get<0>(events))};
    response.take_over = [&sockets, opening = std::move(opening)](StreamSocket socket) mutable {
      sockets.open(std::move(socket), std::move(opening));
    };
    responder.answer(std::move(response));
  };
  routes.add(std::move(route));
  add_ticket_endpoint(routes, tickets, "/ws", std::nullopt);
}

}  // namespace gateway
