#include "gateway/endpoints/stream_request.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/log.h"

namespace gateway {

std::variant<StreamOptions, Response> stream_options_of(Request& request) {
  std::erase_if(request.query,
                [](const auto& item) { return item.first == "api_key" || item.first == "ticket"; });
  auto options = parse_stream_options(request.query, request.head.field("Last-Event-ID"));
  if (!options) return Response::error(400, options.error().message);
  if (!options->ignored.empty()) {
    base::log::info("GET {}: ignored unknown options: {}", request.path,
                    fmt::join(options->ignored, ", "));
  }
  const rpc::Access& access = *request.access;
  for (const base::AccountId account : options->filter.accounts) {
    if (access.may_see(account)) continue;
    return Response::error(403, fmt::format("This API key lacks account {}.", account.value));
  }
  if (options->filter.accounts.empty()) options->filter.accounts = access.accounts();
  return std::move(*options);
}

void add_ticket_endpoint(RouteTable& routes, Tickets& tickets, const std::string& path,
                         std::optional<rpc::KeyScope> scope) {
  Route route;
  route.method = "POST";
  route.path = path + "/ticket";
  route.scope = scope;
  route.on_loop = true;
  route.body_limit = 1024;  // none is needed, and an empty object does no harm
  route.handle = [&tickets, path](Request request, Responder responder) {
    const nlohmann::ordered_json body{{"ticket", tickets.issue(request.access, path)},
                                      {"expires_in", Tickets::kLife / 1000}};
    responder.answer(Response::json(body.dump() + "\n").with_header("Cache-Control", "no-store"));
  };
  routes.add(std::move(route));
}

}  // namespace gateway
