#include "gateway/peer/relay_endpoint.h"

#include "gateway/peer/deposit_wire.h"

namespace gateway {
namespace {

using messaging::ArrivalReply;
using messaging::ArrivalVerdict;

std::string seconds(base::Millis pause) { return std::to_string((pause + 999) / 1000); }

Response unproven() { return Response::error(401, "the deposit is not proven"); }

Response later(int status, std::string_view why, base::Millis pause) {
  auto out = Response::error(status, why);
  if (pause > 0) out.headers.emplace_back("Retry-After", seconds(pause));
  return out;
}

Response response_to(const ArrivalReply& reply) {
  switch (reply.verdict) {
    case ArrivalVerdict::stored:
      return Response::empty(204).with_header(std::string(kDepositTimeHeader),
                                              format_time(reply.our_time));
    case ArrivalVerdict::unproven:
      return unproven();
    case ArrivalVerdict::clock:
      return Response::error(401, "our clocks differ: prove the deposit by the time given here")
          .with_header(std::string(kDepositTimeHeader), format_time(reply.our_time));
    case ArrivalVerdict::malformed:
      return Response::error(400, "the body is not envelopes");
    case ArrivalVerdict::too_large:
      return Response::error(413, "the deposit is too large");
    case ArrivalVerdict::too_many:
      return later(429, "too many deposits", reply.retry_after);
    case ArrivalVerdict::unavailable:
      return later(503, "the deposit cannot be stored now", reply.retry_after);
    case ArrivalVerdict::full:
      return later(507, "there is no room left", reply.retry_after);
  }
  return Response::error(500, "no verdict");
}

}  // namespace

void add_relay_endpoint(RouteTable& routes, messaging::Mailroom& mailroom, const base::Clock& clock,
                        RateLimit::Rule rule) {
  const auto limit = std::make_shared<RateLimit>(clock, rule);
  Route route;
  route.method = "POST";
  route.path = "/relay/v1/mailboxes/:mailbox/envelopes";
  route.body_limit = messaging::kMaxDepositBytes;
  route.refuse_origin = true;
  route.listeners = kOnMain | kOnPeer;
  route.handle = [&mailroom, limit](Request request, Responder responder) {
    if (!request.loopback) {
      if (const auto pause = limit->take(request.peer); pause > 0) {
        responder.answer(later(429, "too many deposits from this address", pause));
        return;
      }
    }
    const auto proof =
        read_proof(request.header(kDepositKeyHeader), request.header(kDepositTimeHeader),
                   request.header(kDepositMacHeader));
    if (!proof || request.captures.empty() || !is_mailbox(request.captures.front())) {
      responder.answer(unproven());
      return;
    }
    messaging::Arrival arrival;
    arrival.mailbox = std::move(request.captures.front());
    arrival.proof = *proof;
    arrival.body = base::to_bytes(request.body);
    mailroom.accept(std::move(arrival), [responder = std::move(responder)](
                                            base::Result<ArrivalReply> reply) mutable {
      responder.answer(reply.ok() ? response_to(*reply) : later(503, "the deposit failed here", 0));
    });
  };
  routes.add(std::move(route));
}

}  // namespace gateway
