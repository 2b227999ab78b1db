// POST /relay/v1/mailboxes/:mailbox/envelopes: where peers deposit envelopes (deposit_wire.h has
// the form). No API key: the deposit's proof is the key. Requests with an Origin are refused,
// because a peer is no browser. A deposit is judged by its head before its body is read.
//
// Every unproven deposit gets the same 401, so that it does not reveal which mailboxes exist.
// Deposits without proof count against the address they came from, proven ones against their key:
// peers behind one proxy or one NAT do not share a limit, and none can use up another's.
#pragma once

#include <memory>

#include "gateway/http/route.h"
#include "gateway/limits/rate_limit.h"
#include "messaging/peering/transport.h"

namespace gateway {

struct DepositRules {
  RateLimit::Rule unproven = {.per_second = 10, .burst = 100};   // a client address
  RateLimit::Rule proven = {.per_second = 1000, .burst = 5000};  // a deposit key
};

// `mailroom` and `clock` outlive the server. Addresses of this machine are not limited.
void add_deposit_endpoint(RouteTable& routes, messaging::peering::Mailroom& mailroom,
                          const base::Clock& clock, DepositRules rules = {});

}  // namespace gateway
