// Device commands over HTTP (docs/commands.md).
#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "gateway/endpoints/endpoints.h"
#include "gateway/http/media_type.h"
#include "gateway/text/given_text.h"
#include "rpc/json_write.h"
#include "rpc/request.h"

namespace gateway {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using commands::CommandService;

constexpr std::size_t kMaxCommandBody = 64 * 1024;  // a command line has 8 KiB at most
constexpr std::size_t kMaxInputBody = commands::Runner::kMaxInput;
constexpr std::size_t kShownRuns = 100;

rpc::Caller caller_of(const Request& request, const Responder& responder) {
  return {.loopback = request.loopback,
          .access = request.access,
          .closed = responder.closed(),
          .input_ended = responder.input_ended(),
          .party = request.party};
}

// Unlike elsewhere, too many runs at once is a temporary error.
Response refusal_of(const base::Error& error) {
  if (error.code != Errc::exhausted) return Response::error(error);
  return Response::error(429, error.message).with_header("Retry-After", "1");
}

template <class T>
Response data_of(const T& value, int status = 200) {
  std::string body = R"({"data":)";
  rpc::append_json(body, value);
  return Response::json(body + "}\n", status);
}

// Wraps a function that makes the answer as a handler.
using Answer = Result<Response> (*)(CommandService&, const Request&, const rpc::Caller&);

template <Answer kAnswer>
Route route_of(CommandService& service, std::string method, std::string path) {
  Route route;
  route.method = std::move(method);
  route.path = std::move(path);
  route.scope = rpc::KeyScope::commands;
  route.handle = [&service](Request request, Responder responder) {
    const rpc::Caller caller = caller_of(request, responder);
    auto answer = kAnswer(service, request, caller);
    responder.answer(answer ? std::move(*answer) : refusal_of(answer.error()));
  };
  return route;
}

Result<Response> list_projects(CommandService& service, const Request&, const rpc::Caller& caller) {
  EDGE_TRY(const auto rows, service.projects(caller));
  using Json = nlohmann::ordered_json;
  Json projects = Json::array();
  for (const auto& [project, allowed] : rows) {
    Json list = Json::array();
    for (const auto& command : allowed) {
      list.push_back({{"name", command->name},
                      {"usage", command->usage()},
                      {"description", command->description},
                      {"input", command->input}});
    }
    projects.push_back({{"name", project->name},
                        {"description", project->description},
                        {"commands", std::move(list)}});
  }
  const Json body{{"data", std::move(projects)}};
  return Response::json(body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Result<std::size_t> limit_of(const Request& request) {
  const auto given = request.param("limit");
  if (!given) return kShownRuns;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), limit);
  if (error != std::errc() || end != given->data() + given->size() || limit == 0 ||
      limit > rpc::DeviceCommands::kMaxRuns) {
    return fail(Errc::invalid_argument,
                fmt::format("limit: expected 1 to {}", rpc::DeviceCommands::kMaxRuns));
  }
  return limit;
}

Result<Response> list_runs(CommandService& service, const Request& request,
                           const rpc::Caller& caller) {
  EDGE_TRY(const std::size_t limit, limit_of(request));
  EDGE_TRY(const auto runs, service.runs(caller, request.captures[0], limit));
  return data_of(runs);
}

Result<Response> start_command(CommandService& service, const Request& request,
                               const rpc::Caller& caller) {
  const auto parsed = rpc::parse_json(request.body);
  const nlohmann::json body = parsed ? *parsed : nlohmann::json();
  const auto given = body.is_object() ? body.find("command") : body.end();
  if (!body.is_object() || given == body.end() || !given->is_string()) {
    return Response::error(400, R"(Expected {"command":"a command line"}.)");
  }
  EDGE_TRY(const auto run, service.run(caller, request.captures[0], given->get<std::string>()));
  return data_of(run, 202);
}

Result<Response> cancel_run(CommandService& service, const Request& request,
                            const rpc::Caller& caller) {
  EDGE_CHECK(service.check_run(caller, request.captures[0], request.captures[1]));
  EDGE_TRY(const auto run, service.cancel(caller, request.captures[1]));
  return data_of(run);
}

struct Input {
  std::string bytes;
  bool close = false;
};

// {"data":"text","close":true}, or the bytes themselves with ?close=1.
Result<Input> input_of(const Request& request) {
  Input out;
  if (!is_json_type(request.header("Content-Type"))) {
    out.bytes = request.body;
    if (const auto close = request.param("close")) {
      const auto given = read_yes_or_no(*close);
      if (!given) return fail(Errc::invalid_argument, "close: expected 1 or 0");
      out.close = *given;
    }
    return out;
  }
  const auto parsed = rpc::parse_json(request.body);
  const nlohmann::json body = parsed ? *parsed : nlohmann::json();
  const auto wrong = fail(Errc::invalid_argument,
                          R"(Expected {"data":"text","close":false}, each of them optional.)");
  if (!body.is_object()) return wrong;
  for (const auto& [name, value] : body.items()) {
    if (name == "data" && value.is_string()) {
      out.bytes = value.get<std::string>();
    } else if (name == "close" && value.is_boolean()) {
      out.close = value.get<bool>();
    } else {
      return wrong;
    }
  }
  return out;
}

Result<Response> write_input(CommandService& service, const Request& request,
                             const rpc::Caller& caller) {
  EDGE_TRY(Input input, input_of(request));
  EDGE_CHECK(service.check_run(caller, request.captures[0], request.captures[1]));
  EDGE_CHECK(service.write_input(caller, request.captures[1], std::move(input.bytes), input.close));
  return Response::empty();
}

// As a header, or as a parameter where headers cannot be set. An invalid id counts as none: the
// stream begins at its beginning, or with a lag.
ResumePoint resume_of(const Request& request) {
  std::optional<std::string_view> text = request.head.field("Last-Event-ID");
  for (const std::string_view name : {"last_event_id", "lastEventId"}) {
    if (!text || text->empty()) text = request.param(name);
  }
  if (!text || text->empty()) return {};
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), id);
  if (error != std::errc() || end != text->data() + text->size()) return {true, std::nullopt};
  return {.given = true, .after = base::EventId(id)};
}

Result<Response> stream_output(CommandService& service, const Request& request,
                               const rpc::Caller& caller) {
  std::optional<std::string> run;
  if (const auto given = request.param("stream_id")) run = std::string(*given);
  EDGE_TRY(auto plan, service.plan_stream(caller, request.captures[0], run, resume_of(request)));
  if (!plan) return Response::empty();  // 204: an EventSource does not come again
  Response response;
  response.content_type = "text/event-stream";
  response.headers = {{"Cache-Control", "no-cache, no-transform"}, {"X-Accel-Buffering", "no"}};
  if (request.method() == "HEAD") {
    response.close = true;
    return response;
  }
  response.chunked = true;
  response.take_over = [&service, options = std::move(*plan)](StreamSocket socket) mutable {
    service.subscribe(std::move(socket), std::move(options));
  };
  return response;
}

// Tickets belong to the loop's thread.
Route ticket_route(CommandService& service, Tickets& tickets) {
  Route route;
  route.method = "POST";
  route.path = "/projects/:project/ticket";
  route.scope = rpc::KeyScope::commands;
  route.on_loop = true;
  route.body_limit = 1024;
  route.handle = [&service, &tickets](Request request, Responder responder) {
    const std::string& project = request.captures[0];
    const auto known = service.check_project(caller_of(request, responder), project);
    if (!known) return responder.answer(Response::error(known.error()));
    const std::string ticket = tickets.issue(request.access, "/projects/" + project + "/events",
                                             Tickets::Lasts::as_stream);
    const nlohmann::ordered_json what{{"ticket", ticket}, {"expires_in", Tickets::kLife / 1000}};
    // As POST /events/ticket has it, and as everything else here.
    nlohmann::ordered_json body = what;
    body["data"] = what;
    responder.answer(Response::json(body.dump() + "\n").with_header("Cache-Control", "no-store"));
  };
  return route;
}

}  // namespace

void add_project_endpoints(RouteTable& routes, CommandService& service, Tickets& tickets) {
  routes.add(route_of<list_projects>(service, "GET", "/projects"));
  routes.add(route_of<list_runs>(service, "GET", "/projects/:project/commands"));
  Route shell = route_of<start_command>(service, "POST", "/projects/:project/shell");
  shell.body_limit = kMaxCommandBody;
  shell.json_only = true;
  routes.add(std::move(shell));
  Route cancel = route_of<cancel_run>(service, "POST", "/projects/:project/commands/:id/cancel");
  cancel.body_limit = 1024;
  routes.add(std::move(cancel));
  Route input = route_of<write_input>(service, "POST", "/projects/:project/commands/:id/stdin");
  input.body_limit = kMaxInputBody;
  input.bytes_only = true;
  routes.add(std::move(input));
  routes.add(ticket_route(service, tickets));
  Route events = route_of<stream_output>(service, "GET", "/projects/:project/events");
  events.key_in_query = true;
  events.on_loop = true;  // the runs are looked up in memory
  routes.add(std::move(events));
}

}  // namespace gateway
