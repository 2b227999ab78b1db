#include "gateway/relay/endpoints.h"

#include "gateway/http/client_address.h"
#include "gateway/loop/address_group.h"
#include "gateway/peer/deposit_wire.h"

namespace gateway {
namespace {

constexpr std::size_t kSmallBody = 1024;
constexpr std::size_t kKeysBody = 128 * 1024;
constexpr std::size_t kAcksBody = kMaxAcks * 8;
constexpr std::size_t kPollBytes = 1024 * 1024;
constexpr const char* kBinary = "application/octet-stream";

Response binary(std::string body) {
  Response out;
  out.body = std::move(body);
  out.content_type = kBinary;
  out.headers.emplace_back("Cache-Control", "no-store");
  return out;
}
Response binary(const base::Bytes& body) { return binary(std::string(base::as_text(body))); }

Response refusal_response(OwnerRefusal refusal) {
  switch (refusal) {
    case OwnerRefusal::unproven:
      return Response::error(401, "the request is not proven");
    case OwnerRefusal::not_admitted:
      return Response::error(403, "this relay admits by token (privitty-edge relay admit)");
    case OwnerRefusal::full:
      return Response::error(507, "there is no room left").with_header("Retry-After", "600");
    case OwnerRefusal::too_many:
      return Response::error(429, "too many new mailboxes").with_header("Retry-After", "5");
    case OwnerRefusal::malformed:
      return Response::error(400, "the body is not of its form");
    case OwnerRefusal::failed:
      break;
  }
  return Response::error(503, "the relay cannot do this now").with_header("Retry-After", "5");
}

// What the endpoints share.
struct Desk {
  Desk(RelayMailboxes& m, RelayStreams& s, const base::Clock& clock, RateLimit::Rule rule)
      : mailboxes(m), streams(s), addresses(clock, rule) {}

  RelayMailboxes& mailboxes;
  RelayStreams& streams;
  RateLimit addresses;

  // True when the address has to wait; it is answered.
  bool hold_back(const Request& request, Responder& responder) {
    if (request.loopback) return false;
    const auto pause = addresses.wait(client_address(request));
    if (pause == 0) return false;
    responder.answer(Response::error(429, "too many requests from this address")
                         .with_header("Retry-After", std::to_string((pause + 999) / 1000)));
    return true;
  }
  Response refuse(const Request& request, OwnerRefusal refusal) {
    if (refusal == OwnerRefusal::unproven && !request.loopback) {
      addresses.take(client_address(request));
    }
    return refusal_response(refusal);
  }
};
using DeskPtr = std::shared_ptr<Desk>;

std::optional<RelayMailboxes::OwnerRequest> owner_request(const Request& request,
                                                          std::string_view what) {
  if (request.captures.empty() || !is_mailbox(request.captures.front())) return std::nullopt;
  const auto proof =
      read_owner_proof(request.header(kRelayNonceHeader), request.header(kRelayExpiryHeader),
                       request.header(kRelayCountHeader), request.header(kRelaySignatureHeader));
  if (!proof) return std::nullopt;
  return RelayMailboxes::OwnerRequest{request.captures.front(), *proof,
                                      std::string(request.method()), std::string(what),
                                      base::to_bytes(request.body)};
}

Route route_for(std::string_view method, std::string_view what, std::size_t body_limit) {
  Route route;
  route.method = method;
  route.path = relay_path(":mailbox", what);
  route.body_limit = body_limit;
  route.refuse_origin = true;
  route.listeners = kOnMain | kOnPeer;
  return route;
}

// A route whose handler gets the mailbox of an owner who proved it.
template <class Handle>
Route owner_route(const DeskPtr& desk, std::string_view method, std::string_view what,
                  std::size_t body_limit, Handle handle) {
  Route route = route_for(method, what, body_limit);
  route.handle = [desk, what = std::string(what), handle](Request request, Responder responder) {
    if (desk->hold_back(request, responder)) return;
    const auto asked = owner_request(request, what);
    if (!asked) return responder.answer(desk->refuse(request, OwnerRefusal::unproven));
    auto owner = desk->mailboxes.owner_of(*asked);
    if (const auto* refusal = std::get_if<OwnerRefusal>(&owner)) {
      return responder.answer(desk->refuse(request, *refusal));
    }
    handle(*desk, std::get<store::RelayMailbox>(owner).id, asked->body, std::move(responder));
  };
  return route;
}

void handle_open(const DeskPtr& desk, Request request, Responder responder) {
  if (desk->hold_back(request, responder)) return;
  auto asked = owner_request(request, "open");
  if (!asked) return responder.answer(desk->refuse(request, OwnerRefusal::unproven));
  asked->address = address_group(client_address(request));
  desk->mailboxes.open(*std::move(asked),
                       [desk, request = std::move(request), responder = std::move(responder)](
                           RelayMailboxes::Answer<KeysDigest> answer) mutable {
                         if (const auto* refusal = std::get_if<OwnerRefusal>(&answer)) {
                           return responder.answer(desk->refuse(request, *refusal));
                         }
                         const auto& digest = std::get<KeysDigest>(answer);
                         responder.answer(binary(base::to_bytes(base::ByteView(digest))));
                       });
}

void handle_challenge(const DeskPtr& desk, const Request& request, Responder responder) {
  if (desk->hold_back(request, responder)) return;
  if (!request.loopback) desk->addresses.take(client_address(request));
  if (request.captures.empty() || !is_mailbox(request.captures.front())) {
    return responder.answer(
        Response::error(400, "a mailbox's name has 1 to 64 of A-Z a-z 0-9 _ -"));
  }
  responder.answer(binary(encode(desk->mailboxes.challenge(request.captures.front()))));
}

template <class T>
auto answer_empty(Responder responder) {
  return [responder = std::move(responder)](RelayMailboxes::Answer<T> answer) mutable {
    const auto* refusal = std::get_if<OwnerRefusal>(&answer);
    responder.answer(refusal ? refusal_response(*refusal) : Response::empty(204));
  };
}

}  // namespace

void add_mailbox_endpoints(RouteTable& routes, RelayMailboxes& mailboxes, RelayStreams& streams,
                           const base::Clock& clock, RateLimit::Rule rule) {
  const auto desk = std::make_shared<Desk>(mailboxes, streams, clock, rule);

  Route challenge = route_for("POST", "challenge", kSmallBody);
  challenge.handle = [desk](const Request& request, Responder responder) {
    handle_challenge(desk, request, std::move(responder));
  };
  routes.add(std::move(challenge));

  Route open = route_for("POST", "open", kSmallBody);
  open.handle = [desk](Request request, Responder responder) {
    handle_open(desk, std::move(request), std::move(responder));
  };
  routes.add(std::move(open));

  routes.add(owner_route(
      desk, "GET", "keys", 0,
      [](Desk& at, std::int64_t mailbox, const base::Bytes&, Responder responder) {
        auto answer = at.mailboxes.keys(mailbox);
        const auto* refusal = std::get_if<OwnerRefusal>(&answer);
        responder.answer(refusal ? refusal_response(*refusal)
                                 : binary(encode(std::get<std::vector<KnownKey>>(answer))));
      }));
  routes.add(
      owner_route(desk, "POST", "keys", kKeysBody,
                  [](Desk& at, std::int64_t mailbox, const base::Bytes& body, Responder responder) {
                    auto changes = decode_key_changes(body);
                    if (!changes)
                      return responder.answer(refusal_response(OwnerRefusal::malformed));
                    at.mailboxes.change_keys(mailbox, *std::move(changes),
                                             answer_empty<std::monostate>(std::move(responder)));
                  }));
  routes.add(owner_route(
      desk, "GET", "stream", 0,
      [](Desk& at, std::int64_t mailbox, const base::Bytes&, Responder responder) {
        Response stream;
        stream.content_type = kBinary;
        stream.headers.emplace_back("Cache-Control", "no-store");
        stream.headers.emplace_back("X-Accel-Buffering", "no");  // nginx does not buffer then
        stream.take_over = [streams = &at.streams, mailbox](StreamSocket socket) {
          streams->attach(mailbox, std::move(socket));
        };
        responder.answer(std::move(stream));
      }));
  routes.add(
      owner_route(desk, "GET", "envelopes", 0,
                  [](Desk& at, std::int64_t mailbox, const base::Bytes&, Responder responder) {
                    auto waiting = at.mailboxes.waiting(mailbox, 0, kPollBytes);
                    if (!waiting) return responder.answer(refusal_response(OwnerRefusal::failed));
                    std::string body;
                    append_frame(body, PingFrame{at.mailboxes.now()});
                    body += waiting->frames;
                    responder.answer(binary(std::move(body)));
                  }));
  routes.add(owner_route(
      desk, "POST", "acks", kAcksBody,
      [](Desk& at, std::int64_t mailbox, const base::Bytes& body, Responder responder) {
        auto ids = decode_acks(body);
        if (!ids) return responder.answer(refusal_response(OwnerRefusal::malformed));
        at.mailboxes.acknowledge(
            mailbox, *ids,
            [streams = &at.streams, mailbox, ids = *ids, responder = std::move(responder)](
                RelayMailboxes::Answer<std::monostate> answer) mutable {
              if (const auto* refusal = std::get_if<OwnerRefusal>(&answer)) {
                return responder.answer(refusal_response(*refusal));
              }
              streams->acknowledged(mailbox, std::move(ids));
              responder.answer(Response::empty(204));
            });
      }));
}

}  // namespace gateway
