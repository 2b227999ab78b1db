#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "gateway/endpoints/endpoints.h"

namespace gateway {
namespace {

// What the gatekeeper read is none of the stream's options.
void drop_credentials(std::vector<std::pair<std::string, std::string>>& query) {
  std::erase_if(query,
                [](const auto& item) { return item.first == "api_key" || item.first == "ticket"; });
}

// A browser's EventSource as every browser sends it. A script's fetch() in a browser has no
// Cache-Control, and its readers dispatch at blank lines like others (docs/events.md).
bool is_browser_event_source(const RequestHead& head) {
  return head.field("User-Agent").value_or("").starts_with("Mozilla/") &&
         head.field("Accept") == "text/event-stream" && head.lists("Cache-Control", "no-cache");
}

// A key for some accounts gets the events of those alone, whatever its query names.
std::optional<Response> keep_to_accounts(EventFilter& filter, const rpc::Access& access) {
  for (const base::AccountId account : filter.accounts) {
    if (access.may_see(account)) continue;
    return Response::error(403, fmt::format("This API key lacks account {}.", account.value));
  }
  if (filter.accounts.empty()) filter.accounts = access.accounts();
  return std::nullopt;
}

void add_ticket_endpoint(RouteTable& routes, Tickets& tickets) {
  Route route;
  route.method = "POST";
  route.path = "/events/ticket";
  route.scope = rpc::KeyScope::events;
  route.on_loop = true;
  route.body_limit = 1024;  // none is needed, and an empty object does no harm
  route.handle = [&tickets](Request request, Responder responder) {
    const nlohmann::ordered_json body{{"ticket", tickets.issue(request.access, "/events")},
                                      {"expires_in", Tickets::kLife / 1000}};
    responder.answer(Response::json(body.dump() + "\n").with_header("Cache-Control", "no-store"));
  };
  routes.add(std::move(route));
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
    drop_credentials(request.query);
    auto options = parse_stream_options(request.query, request.head.field("Last-Event-ID"));
    if (!options) return responder.answer(Response::error(400, options.error().message));
    if (!options->ignored.empty()) {
      base::log::info("GET /events: ignored unknown options: {}",
                      fmt::join(options->ignored, ", "));
    }
    options->keeps_id_at_blank_line = is_browser_event_source(request.head);
    if (auto refusal = keep_to_accounts(options->filter, *request.access)) {
      return responder.answer(std::move(*refusal));
    }
    Response response;
    response.content_type = "text/event-stream";
    // Middleware that compresses holds a stream back, its head too, unless told not to transform
    // it.
    response.headers = {{"Cache-Control", "no-cache, no-transform"}, {"X-Accel-Buffering", "no"}};
    if (request.method() == "HEAD") {
      response.close = true;
      return responder.answer(std::move(response));
    }
    // Readers such as Python's requests and urllib3 hold a body without framing back until a buffer
    // of theirs is full. The chunks are framed once for all subscribers (hub/ring.h).
    response.chunked = true;
    response.take_over = [&hub, options = std::move(*options)](StreamSocket socket) mutable {
      hub.subscribe(std::move(socket), std::move(options));
    };
    responder.answer(std::move(response));
  };
  routes.add(std::move(route));
  if (tickets != nullptr) add_ticket_endpoint(routes, *tickets);
}

}  // namespace gateway
