// RelayPart: everything that --relay adds to the daemon: its database, the Relay, the streams, the
// endpoints and the housekeeping. Made and taken down on the loop's thread.
#pragma once

#include <memory>

#include "gateway/http/route.h"
#include "gateway/relay/relay.h"
#include "gateway/relay/streams.h"
#include "store/store.h"

namespace gateway {

class RelayPart {
 public:
  struct Around {
    store::Store& store;
    EventLoop& loop;
    WorkerPool& workers;
    messaging::Mailroom& next;  // the accounts of this daemon
    const base::Clock& clock;
  };
  // `options.dir` holds the database.
  static base::Result<std::unique_ptr<RelayPart>> open(const Around& around, RelayOptions options);

  void add_routes(RouteTable& routes, const base::Clock& clock);
  void stop_streams();  // on the loop
  void stop();          // after the loop: the last writes
  const store::Health& health() const { return store_->health(); }
  const RelayCounters& counters() const { return relay_.counters(); }
  base::Result<RelayHoldings> holdings() const { return relay_.holdings(); }
  std::size_t remembered_owners() { return relay_.remembered_owners(); }

 private:
  RelayPart(const Around& around, std::unique_ptr<store::RelayStore> store, RelayOptions options);
  void tidy();

  std::unique_ptr<store::RelayStore> store_;
  Relay relay_;
  RelayStreams streams_;
  Timer housekeeping_;
};

}  // namespace gateway
