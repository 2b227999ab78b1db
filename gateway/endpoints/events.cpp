#include "gateway/endpoints/endpoints.h"
#include "gateway/endpoints/stream_request.h"

namespace gateway {
namespace {

// A browser's EventSource as every browser sends it. A script's fetch() in a browser has no
// Cache-Control, and its readers dispatch at blank lines like others (docs/events.md).
bool is_browser_event_source(const RequestHead& head) {
  return head.field("User-Agent").value_or("").starts_with("Mozilla/") &&
         head.field("Accept") == "text/event-stream" && head.lists("Cache-Control", "no-cache");
}

}  // namespace

void add_events_endpoint(RouteTable& routes, Hub& hub, Tickets* tickets) {
  Route route;
  route.method = "GET";
  route.path = "/events";
  route.scope = rpc::KeyScope::events;
  route.key_in_query = true;
  route.on_loop = true;  // it only parses a query: the stream itself lives on the hub's thread
  route.handle = [&hub](Request request, Responder responder) {
    auto asked = stream_options_of(request);
    if (auto* const refusal = std::get_if<Response>(&asked)) {
      return responder.answer(std::move(*refusal));
    }
    StreamOptions& options = std::get<StreamOptions>(asked);
    options.keeps_id_at_blank_line = is_browser_event_source(request.head);
    Response response;
    response.content_type = "text/event-stream";
    // Middleware that compresses holds a stream back, its head too, unless a header says not to
    // transform it.
    response.headers = {{"Cache-Control", "no-cache, no-transform"}, {"X-Accel-Buffering", "no"}};
    if (request.method() == "HEAD") {
      response.close = true;
      return responder.answer(std::move(response));
    }
    // Readers such as Python's requests and urllib3 hold a body without framing back until a buffer
    // of theirs is full. The chunks are framed once for all subscribers (hub/ring.h).
    response.chunked = true;
    response.take_over = [&hub, options = std::move(options)](StreamSocket socket) mutable {
      hub.subscribe(std::move(socket), std::move(options));
    };
    responder.answer(std::move(response));
  };
  routes.add(std::move(route));
  if (tickets != nullptr) add_ticket_endpoint(routes, *tickets, "/events", rpc::KeyScope::events);
}

}  // namespace gateway
