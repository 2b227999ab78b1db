#include "gateway/relay/relay_part.h"

#include "gateway/peer/deposit_endpoint.h"
#include "gateway/relay/endpoints.h"

namespace gateway {
namespace {

constexpr base::Millis kTidyEvery = 60'000;

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
      common_(*store_, around.clock, std::move(options)),
      deposits_(common_, around.next),
      mailboxes_(common_),
      tidying_(common_, mailboxes_),
      streams_(around.loop, around.workers, mailboxes_),
      tidy_timer_(around.loop, [this] { tidy(); }) {
  common_.news = [this](std::int64_t mailbox) { streams_.wake(mailbox); };
  common_.drained_soon = [this](std::int64_t mailbox) { return streams_.has(mailbox); };
  tidy_timer_.arm(kTidyEvery);
}

void RelayPart::add_routes(RouteTable& routes, const base::Clock& clock) {
  add_deposit_endpoint(routes, deposits_, clock);
  add_mailbox_endpoints(routes, mailboxes_, streams_, clock);
}

void RelayPart::tidy() {
  tidying_.run();
  tidy_timer_.arm(kTidyEvery);
}

void RelayPart::stop_streams() {
  tidy_timer_.disarm();
  streams_.stop();
}

void RelayPart::stop() { store_->stop(); }

}  // namespace gateway
