// RelayPart: everything that --relay adds to the daemon: its database, deposits, mailboxes,
// streams, endpoints and tidying. Made and taken down on the loop's thread.
#pragma once

#include <memory>

#include "gateway/http/route.h"
#include "gateway/relay/deposits.h"
#include "gateway/relay/mailboxes.h"
#include "gateway/relay/streams.h"
#include "gateway/relay/tidying.h"
#include "store/store.h"

namespace gateway {

class RelayPart {
 public:
  struct Around {
    store::Store& store;
    EventLoop& loop;
    WorkerPool& workers;
    messaging::peering::Mailroom& next;  // the accounts of this daemon
    const base::Clock& clock;
  };
  // `options.dir` holds the database.
  static base::Result<std::unique_ptr<RelayPart>> open(const Around& around, RelayOptions options);

  void add_routes(RouteTable& routes, const base::Clock& clock);
  void stop_streams();  // on the loop
  void stop();          // after the loop: the last writes
  const store::Health& health() const { return store_->health(); }
  const RelayCounters& counters() const { return common_.counters; }
  base::Result<RelayHoldings> holdings() const { return mailboxes_.holdings(); }
  std::size_t remembered_owners() { return mailboxes_.remembered_owners(); }

 private:
  RelayPart(const Around& around, std::unique_ptr<store::RelayStore> store, RelayOptions options);
  void tidy();

  std::unique_ptr<store::RelayStore> store_;
  RelayCommon common_;
  RelayDeposits deposits_;
  RelayMailboxes mailboxes_;
  RelayTidying tidying_;
  RelayStreams streams_;
  Timer tidy_timer_;
};

}  // namespace gateway
