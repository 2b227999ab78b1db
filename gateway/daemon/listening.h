// The addresses that the daemon listens at, and what its server takes from the settings.
#pragma once

#include <string>

#include "base/result.h"
#include "gateway/config/settings.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/server/server.h"

namespace gateway {

// HOST:PORT as bound.
struct Listening {
  std::string all;    // "": peers alone are served
  std::string peers;  // "": at the same
};

// Whether the addresses are free. With an existing store listen() finds that out later: a second
// daemon on the same store gets the error about the store, which says more than one about the port.
base::Result<> try_addresses(const Settings& settings, EventLoop& loop, WorkerPool& workers);

// The guard and the limits; the parts that judge requests are the caller's to add.
HttpOptions http_options(const Settings& settings, const Surroundings& surroundings);

base::Result<Listening> listen(HttpServer& server, const Settings& settings);

}  // namespace gateway
