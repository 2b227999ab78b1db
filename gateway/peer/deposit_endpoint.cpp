#include "gateway/peer/deposit_endpoint.h"

#include "gateway/http/client_address.h"
#include "gateway/peer/deposit_wire.h"

namespace gateway {
namespace {

using messaging::peering::ArrivalReply;
using messaging::peering::ArrivalVerdict;

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

// The limits on both kinds of depositors.
struct Limits {
  Limits(const base::Clock& clock, const DepositRules& rules)
      : addresses(clock, rules.unproven), keys(clock, rules.proven) {}
  RateLimit addresses;
  RateLimit keys;
};

// A key id is chosen by its mailbox's owner: two mailboxes may know the same one.
std::string key_name(std::string_view mailbox, const messaging::DepositKeyId& key_id) {
  return std::string(mailbox) + "/" + base::to_hex(key_id);
}

// Read from the head once, by the judge.
struct DepositFacts final : HeadFacts {
  messaging::DepositProof proof;
  std::string key;  // its name in Limits::keys
};

std::optional<messaging::DepositProof> proof_of(const Request& request) {
  if (request.captures.empty() || !is_mailbox(request.captures.front())) return std::nullopt;
  return read_proof(request.header(kDepositKeyHeader), request.header(kDepositTimeHeader),
                    request.header(kDepositMacHeader));
}

std::optional<Response> judge(Request& request, messaging::peering::Mailroom& mailroom,
                              Limits& limits) {
  if (!request.loopback) {
    if (const auto pause = limits.addresses.wait(client_address(request)); pause > 0) {
      return later(429, "too many deposits from this address", pause);
    }
  }
  const auto proof = proof_of(request);
  if (!proof) {
    if (!request.loopback) limits.addresses.take(client_address(request));
    return unproven();
  }
  const std::string& mailbox = request.captures.front();
  auto facts = std::make_shared<DepositFacts>();
  facts->proof = *proof;
  facts->key = key_name(mailbox, proof->key_id);
  if (const auto pause = limits.keys.wait(facts->key); pause > 0) {
    return later(429, "too many deposits with this key", pause);
  }
  const auto refusal =
      mailroom.judge({.mailbox = mailbox,
                      .key_id = proof->key_id,
                      .time = proof->time,
                      .size = request.head.content_length().value_or(messaging::kMaxDepositBytes)});
  if (!refusal) {
    request.facts = std::move(facts);
    return std::nullopt;
  }
  if (refusal->verdict == ArrivalVerdict::unproven && !request.loopback) {
    limits.addresses.take(client_address(request));
  }
  return response_to(*refusal);
}

}  // namespace

void add_deposit_endpoint(RouteTable& routes, messaging::peering::Mailroom& mailroom,
                          const base::Clock& clock, DepositRules rules) {
  const auto limits = std::make_shared<Limits>(clock, rules);
  Route route;
  route.method = "POST";
  route.path = "/relay/v1/mailboxes/:mailbox/envelopes";
  route.body_limit = messaging::kMaxDepositBytes;
  route.refuse_origin = true;
  route.listeners = kOnMain | kOnPeer;
  route.judge = [&mailroom, limits](Request& request) { return judge(request, mailroom, *limits); };
  route.handle = [&mailroom, limits](Request request, Responder responder) {
    const auto facts = std::dynamic_pointer_cast<const DepositFacts>(request.facts);
    if (!facts) return responder.answer(unproven());  // nobody judged it
    messaging::peering::Arrival arrival;
    arrival.mailbox = std::move(request.captures.front());
    arrival.proof = facts->proof;
    arrival.body = base::to_bytes(request.body);
    request.body = {};
    mailroom.accept(
        std::move(arrival),
        [limits, facts, address = request.loopback ? std::string() : client_address(request),
         limited = !request.loopback,
         responder = std::move(responder)](base::Result<ArrivalReply> reply) mutable {
          if (!reply.ok() || reply->verdict != ArrivalVerdict::unproven) {
            limits->keys.take(facts->key);
          } else if (limited) {
            limits->addresses.take(address);
          }
          responder.answer(reply.ok() ? response_to(*reply)
                                      : later(503, "the deposit failed here", 0));
        });
  };
  routes.add(std::move(route));
}

}  // namespace gateway
