// The port at which peers reach a daemon that serves no HTTP otherwise (--stdio without --listen):
// chosen once, kept in DIR/peer_port, so that invite links and contacts find it after a restart. It
// is on loopback: daemons on this machine reach each other; from elsewhere a relay is needed, or
// --peer-listen.
//
// The port is outside of the range from which the system takes the ports of outgoing connections,
// any of which could have it at the next start.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "gateway/server/server.h"

namespace gateway {

// Listens for peers there and returns HOST:PORT. When another program has the port by now, another
// one is chosen and kept, with a warning: contacts are notified, links that were made before are
// not.
base::Result<std::string> listen_at_kept_port(HttpServer& server,
                                              const std::filesystem::path& accounts);

}  // namespace gateway
