// The owner's endpoints of a relay (wire.h lists them): challenge, open, keys, stream, envelopes,
// acks. No API key: the owner's signature is the key. What is not proven gets one and the same 401.
#pragma once

#include "gateway/http/route.h"
#include "gateway/limits/rate_limit.h"
#include "gateway/relay/mailboxes.h"
#include "gateway/relay/streams.h"

namespace gateway {

// All of it outlives the server. `rule`: challenges and unproven requests of one address;
// addresses of this machine are not limited.
void add_mailbox_endpoints(RouteTable& routes, RelayMailboxes& mailboxes, RelayStreams& streams,
                           const base::Clock& clock,
                           RateLimit::Rule rule = {.per_second = 50, .burst = 1000});

}  // namespace gateway
