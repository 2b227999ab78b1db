// POST /relay/v1/mailboxes/:mailbox/envelopes: where peers deposit envelopes (deposit_wire.h has
// the form). No API key: the deposit's proof is the key. Requests with an Origin are refused,
// because a peer is no browser.
//
// Whatever is not proven gets one and the same 401, so that nobody learns which mailboxes exist.
#pragma once

#include <memory>

#include "gateway/http/route.h"
#include "gateway/peer/rate_limit.h"
#include "messaging/transport.h"

namespace gateway {

// `mailroom` and `clock` outlive the server. Callers from this machine are not rate-limited.
void add_relay_endpoint(RouteTable& routes, messaging::Mailroom& mailroom, const base::Clock& clock,
                        RateLimit::Rule rule = {});

}  // namespace gateway
