// What a request says of the stream of events that it asks for; of GET /events and GET /ws.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "gateway/auth/tickets.h"
#include "gateway/http/route.h"
#include "gateway/hub/filter.h"

namespace gateway {

// The options in the request's query (docs/events.md), or a refusal that says what is wrong with
// them. A key for some accounts gets the events of those alone. Takes the credentials, which are no
// options, out of the query.
std::variant<StreamOptions, Response> stream_options_of(Request& request);

// POST `path`/ticket: a ticket for `path`, for callers with the scope, or with any key.
void add_ticket_endpoint(RouteTable& routes, Tickets& tickets, const std::string& path,
                         std::optional<rpc::KeyScope> scope);

}  // namespace gateway
