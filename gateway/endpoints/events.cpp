#include "gateway/endpoints/endpoints.h"

namespace gateway {

void add_events_endpoint(RouteTable& routes, Hub& hub) {
  Route route;
  route.method = "GET";
  route.path = "/events";
  route.on_loop = true;  // it only parses a query: the stream itself lives on the hub's thread
  route.handle = [&hub](Request request, Responder responder) {
    auto options = parse_stream_options(request.query, request.head.field("Last-Event-ID"));
    if (!options) return responder.answer(Response::error(400, options.error().message));
    Response response;
    response.content_type = "text/event-stream";
    response.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
    if (request.method() == "HEAD") {
      response.close = true;
      return responder.answer(std::move(response));
    }
    // Neither chunked nor with a length: the stream ends with its connection. Chunk framing would
    // have to be made anew for every subscriber and send, where now one encoding serves them all.
    response.take_over = [&hub, options = std::move(*options)](StreamSocket socket) mutable {
      hub.subscribe(std::move(socket), std::move(options));
    };
    responder.answer(std::move(response));
  };
  routes.add(std::move(route));
}

}  // namespace gateway
