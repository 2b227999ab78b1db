#include <nlohmann/json.hpp>

#include "gateway/endpoints/endpoints.h"
#include "gateway/endpoints/ranged.h"
#include "gateway/http/disposition.h"
#include "gateway/loop/address_group.h"
#include "gateway/viewer/content_type.h"
#include "rpc/request.h"

namespace gateway {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxAuthBody = 4096;
constexpr std::string_view kFingerprintHint =
    "privitty-edge --accounts DIR fingerprint prints this device's, with the daemon's DIR";

Response authorise(ViewerSessions& sessions, const Request& request) {
  // Without keys this machine alone, also with --allow-anonymous; with keys the caller's key needs
  // the scope (see the route), on this machine too: the fingerprint consists of public facts.
  if (!request.loopback && request.access->key_id().empty()) {
    return Response::error(403, "Without a key the viewer is served on this machine alone.");
  }
  const auto parsed = rpc::parse_json(request.body);
  const nlohmann::json body = parsed ? *parsed : nlohmann::json();
  const auto given = body.is_object() ? body.find("device_fingerprint") : body.end();
  if (!body.is_object() || given == body.end() || !given->is_string()) {
    return Response::error(
        400,
        R"(Expected {"device_fingerprint":"<64 hex digits>"}; privitty-edge fingerprint prints it.)");
  }
  // One key is one caller wherever it is used; a key's id holds no ':' or '.', an address does.
  const std::string& key = request.access->key_id();
  const auto attempt = sessions.open(key.empty() ? address_group(request.peer) : key,
                                     given->get_ref<const std::string&>(), request.access);
  if (!attempt) return Response::error(attempt.error());
  switch (attempt->verdict) {
    case ViewerSessions::Verdict::granted: {
      const nlohmann::json answer{{"token", attempt->token}, {"expires_in", kViewerSeconds}};
      return Response::json(answer.dump()).with_header("Cache-Control", "no-store");
    }
    case ViewerSessions::Verdict::too_many:
      return Response::error(429, "Five attempts a minute are answered. Try again in a minute.")
          .with_header("Retry-After", "60");
    case ViewerSessions::Verdict::mismatch:
      break;
  }
  // The contract's text for programs; the hint stands beside it.
  const nlohmann::json answer{{"error", "Device fingerprint mismatch"}, {"hint", kFingerprintHint}};
  Response response = Response::json(answer.dump());
  response.status = 403;
  return response;
}

std::string_view bearer_of(const Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = request.header("Authorization");
  return given.starts_with(kScheme) ? given.substr(kScheme.size()) : std::string_view();
}

base::Result<Response> stream(const ViewerSessions& sessions, const OpenProtected& open,
                              const Request& request) {
  const auto session = sessions.find(bearer_of(request));
  if (!session) {
    return Response::error(401,
                           bearer_of(request).empty()
                               ? "A viewer's token is needed: send it as Authorization: Bearer "
                                 "TOKEN. POST /auth gives one for the device fingerprint. The path "
                                 "is /stream/ and the number of a message with a protected file; "
                                 "GET /file/ and the number serves ordinary files."
                               : "The token is wrong or over, or another viewer took over; POST "
                                 "/auth gives a new one.")
        .with_header("WWW-Authenticate", "Bearer");
  }
  EDGE_TRY(const auto account, account_of(request, *session->access));
  EDGE_TRY(const auto message, message_of(request));
  auto opened = open(account, message);
  if (!opened) return error_of_search(std::move(opened).error(), request);
  messaging::OpenedFile& file = *opened;
  std::vector<std::uint8_t> start(kSniffBytes);
  EDGE_TRY(const std::size_t got, file.reader->read_at(0, start));
  start.resize(got);

  Response response;
  response.content_type = content_type_of(start, file.name);
  crypto::wipe(start);
  response.headers = {{"Content-Disposition", inline_disposition(file.name)},
                      {"Cache-Control", "no-store"},
                      {"Content-Security-Policy", "sandbox; default-src 'none'"}};
  return ranged_response(request, std::move(response), std::move(file.reader), "",
                         [&sessions, session = session->number]() -> base::Result<> {
                           if (sessions.is_current(session)) return {};
                           return fail(Errc::gone, "another viewer took over");
                         });
}

}  // namespace

void add_viewer_endpoint(RouteTable& routes, ViewerSessions& sessions, OpenProtected open) {
  Route auth;
  auth.method = "POST";
  auth.path = "/auth";
  auth.body_limit = kMaxAuthBody;
  auth.json_only = true;
  auth.scope = rpc::KeyScope::view;
  auth.handle = [&sessions](Request request, Responder responder) {
    responder.answer(authorise(sessions, request));
  };
  routes.add(std::move(auth));

  Route get;
  get.method = "GET";
  get.path = "/stream/:msg_id";
  get.access = RouteAccess::open;  // the token that /auth gave is what it asks for
  get.handle = [&sessions, open = std::move(open)](Request request, Responder responder) {
    auto response = stream(sessions, open, request);
    responder.answer(response ? std::move(*response) : Response::error(response.error()));
  };
  routes.add(std::move(get));
}

}  // namespace gateway
