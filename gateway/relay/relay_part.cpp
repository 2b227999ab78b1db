#include "gateway/relay/relay_part.h"

#include "gateway/peer/deposit_endpoint.h"
#include "gateway/relay/endpoints.h"

namespace gateway {
namespace {

constexpr base::Millis kHousekeepingEvery = 60'000;

}  // namespace

base::Result<std::unique_ptr<RelayPart>> RelayPart::open(const Around& around,
                                                         RelayOptions options) {
  EDGE_TRY(auto store,
           store::RelayStore::open({.dir = options.dir}, around.store.vault(), around.clock));
  return std::unique_ptr<RelayPart>(new RelayPart(around, std::move(store), std::move(options)));
}

RelayPart::RelayPart(const Around& around, std::unique_ptr<store::RelayStore> store,
                     RelayOptions options)
    : store_(std::move(store)),
      relay_(*store_, around.next, around.clock, std::move(options)),
      streams_(around.loop, around.workers, relay_),
      housekeeping_(around.loop, [this] { tidy(); }) {
  relay_.on_news([this](std::int64_t mailbox) { streams_.wake(mailbox); });
  relay_.on_drained_soon([this](std::int64_t mailbox) { return streams_.has(mailbox); });
  housekeeping_.arm(kHousekeepingEvery);
}

void RelayPart::add_routes(RouteTable& routes, const base::Clock& clock) {
  add_deposit_endpoint(routes, relay_, clock);
  add_mailbox_endpoints(routes, relay_, streams_, clock);
}

void RelayPart::tidy() {
  relay_.tidy();
  housekeeping_.arm(kHousekeepingEvery);
}

void RelayPart::stop_streams() {
  housekeeping_.disarm();
  streams_.stop();
}

void RelayPart::stop() { store_->stop(); }

}  // namespace gateway
