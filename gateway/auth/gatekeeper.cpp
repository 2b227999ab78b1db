#include "gateway/auth/gatekeeper.h"

#include <fmt/format.h>

#include "gateway/http/path.h"
#include "gateway/http/query.h"
#include "gateway/text/given_text.h"

namespace gateway {
namespace {

constexpr base::Millis kLate = 1'000;
constexpr RateLimit::Rule kFailures{.per_second = 1, .burst = 10};

// The text says which credential to send, and reveals nothing about which keys exist.
Response unauthorized(std::string_view message) {
  return Response::error(401, message)
      .with_header("WWW-Authenticate", "Bearer realm=\"privitty-edge\"");
}

Response forbidden(std::string_view what) {
  return Response::error(403, fmt::format("This API key lacks {}. privitty-edge keys add makes one "
                                          "that has it.",
                                          what));
}

struct Credentials {
  std::optional<std::string> key;
  std::optional<std::string> ticket;
  bool doubtful = false;  // more than one, which two readers could take differently
};

// "Bearer KEY", the scheme in any case.
std::optional<std::string_view> bearer(std::string_view value) {
  constexpr std::string_view kScheme = "Bearer ";
  if (value.size() <= kScheme.size() ||
      !equals_ignoring_case(value.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  value.remove_prefix(kScheme.size());
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return value;
}

Credentials credentials_of(const RequestHead& head, const Route& route) {
  Credentials out;
  const auto header = head.field("X-API-Key");
  const auto authorization = head.field("Authorization");
  out.doubtful = head.count("X-API-Key") > 1 || head.count("Authorization") > 1;
  if (header) {
    out.key = std::string(*header);
  } else if (authorization) {
    // Another scheme counts as an unknown key, not as a missing one.
    out.key = std::string(bearer(*authorization).value_or(""));
  }
  if (route.key_in_query && !out.key) {
    out.key = query_value(head.target(), "api_key");
    if (out.key) out.key = std::string(without_line_end(*out.key));
    if (!out.key) out.ticket = query_value(head.target(), "ticket");
  }
  return out;
}

}  // namespace

Gatekeeper::Gatekeeper(KeyRing* keys, const base::Clock& clock, GatekeeperOptions options)
    : keys_(keys), options_(options), tickets_(clock), failed_(clock, kFailures) {}

AccessVerdict Gatekeeper::judge(const RequestHead& head, const Route* route, std::string_view peer,
                                bool local) {
  if (route == nullptr || route->is_open()) return {};
  if (keys_ == nullptr) {
    if (local || options_.allow_anonymous) return {.access = rpc::Access::everything()};
    return fail(unauthorized("Without API keys only callers on this machine are served, and this "
                             "request came from elsewhere or through a proxy. Start the daemon "
                             "with --api-keys FILE and send a key."),
                peer);
  }
  const Credentials given = credentials_of(head, *route);
  if (given.doubtful) return fail(unauthorized("Send one API key, once."), peer);
  if (given.key) return judge_key(*given.key, *route, peer);
  if (given.ticket) return judge_ticket(*given.ticket, head, peer);
  if (local && route->access == RouteAccess::key_or_local) {
    return {.access = rpc::Access::everything()};
  }
  // Not slowed: no key was tried, and a program without its key should get this answer at once.
  return {.refusal = unauthorized(
              route->key_in_query
                  ? "An API key is needed: as X-API-Key, as Authorization: Bearer, or as "
                    "?ticket= from POST /events/ticket (or ?api_key=) where headers cannot be set."
                  : "An API key is needed: send it as X-API-Key or as Authorization: Bearer. "
                    "privitty-edge keys add makes one.")};
}

AccessVerdict Gatekeeper::judge_key(std::string_view key, const Route& route,
                                    std::string_view peer) {
  KeyRing::Found found = keys_->find(key);
  switch (found.verdict) {
    case KeyRing::Verdict::unknown:
      return fail(unauthorized("This API key is not known, or was revoked."), peer);
    case KeyRing::Verdict::expired:
      return fail(unauthorized("This API key has expired. privitty-edge keys add makes another."),
                  peer);
    case KeyRing::Verdict::good:
      break;
  }
  if (route.scope && !found.access->may(*route.scope)) {
    return {.refusal = forbidden(fmt::format("the scope {}", written(*route.scope)))};
  }
  return {.access = std::move(found.access)};
}

AccessVerdict Gatekeeper::judge_ticket(std::string_view ticket, const RequestHead& head,
                                       std::string_view peer) {
  auto access = tickets_.redeem(ticket, decode_path(head.target()).value_or(""),
                                query_value(head.target(), "stream_id").value_or(""));
  if (access == nullptr) {
    return fail(
        unauthorized("This ticket was used, is older than 30 s or is for another stream. Ask "
                     "for another by POST to the stream's /ticket (/events/ticket)."),
        peer);
  }
  return {.access = std::move(access)};
}

AccessVerdict Gatekeeper::fail(Response refusal, std::string_view peer) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  const base::Millis wait = failed_.take(peer);
  if (wait == 0) return {.refusal = std::move(refusal)};
  return {.refusal = Response::error(429,
                                     "Too many requests from this address failed for their API "
                                     "key. Wait before the next.")
                         .with_header("Retry-After", std::to_string((wait + 999) / 1000)),
          .delay = kLate};
}

}  // namespace gateway
