// Gatekeeper: identifies the caller and decides whether the endpoint is open to it. It judges a
// request's head before its body is read. Without keys, callers on this machine may do everything
// and others nothing, unless --allow-anonymous; with keys every caller has to send one.
//
// Guessing is slowed: an address whose failures come faster than one a second, after ten at once,
// gets its refusals late, as 429. A good key is never kept waiting for what others of its address
// (a proxy's, a household's) got wrong. One thread (the loop's).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "gateway/auth/key_ring.h"
#include "gateway/auth/tickets.h"
#include "gateway/http/message.h"
#include "gateway/http/route.h"
#include "gateway/limits/rate_limit.h"

namespace gateway {

struct GatekeeperOptions {
  bool allow_anonymous = false;  // without keys: also from elsewhere
};

struct AccessVerdict {
  std::shared_ptr<const rpc::Access> access = rpc::Access::nothing();
  std::optional<Response> refusal = std::nullopt;
  base::Millis delay = 0;  // before the refusal goes out
};

class Gatekeeper {
 public:
  // `keys` may be null; it and `clock` outlive this.
  Gatekeeper(KeyRing* keys, const base::Clock& clock, GatekeeperOptions options = {});

  // `local`: from this machine and not through a proxy. `route` may be null (404 or 405).
  AccessVerdict judge(const RequestHead& head, const Route* route, std::string_view peer,
                      bool local);

  Tickets& tickets() { return tickets_; }
  std::uint64_t failures() const { return failures_; }

 private:
  AccessVerdict judge_key(std::string_view key, const Route& route, std::string_view peer);
  AccessVerdict judge_ticket(std::string_view ticket, const RequestHead& head,
                             std::string_view peer);
  AccessVerdict fail(Response refusal, std::string_view peer);

  KeyRing* const keys_;
  const GatekeeperOptions options_;
  Tickets tickets_;
  RateLimit failed_;
  std::atomic<std::uint64_t> failures_{0};
};

}  // namespace gateway
