// The address by which limits on peers and devices count a request.
#pragma once

#include <string>

#include "gateway/http/message.h"

namespace gateway {

// The connection's other end; behind a proxy on this machine the client that the proxy named last
// in X-Forwarded-For, which is what it saw itself. "" for a request of this machine, and for one
// whose proxy names no client: then no address is known.
std::string client_address(const Request& request);

}  // namespace gateway
