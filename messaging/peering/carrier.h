// Carrier: runs one turn of a route for the gateways' protocol. Envelopes are sent in one deposit,
// a file in many (messaging/peering/file_carrier.h); the outcome is written to the outbox before
// the turn ends. The courier (messaging/delivery/courier.h) chooses the route.
//
// load(), carry() and step() on the courier's thread, forget() on any; answers come on any.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "messaging/kernel/protocol.h"
#include "messaging/peering/deposit_load.h"
#include "messaging/peering/file_carrier.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::peering {

class Incoming;
class DepositTransport;

class Carrier {
 public:
  Carrier(kernel::Core& core, DepositTransport& transport, Incoming& incoming)
      : core_(core),
        transport_(transport),
        incoming_(incoming),
        files_(core, transport, incoming, [this] { due_(); }) {}

  void on_step(std::function<void()> due) { due_ = std::move(due); }  // before anything is carried
  base::Result<std::unique_ptr<kernel::Load>> load(RouteKey route);
  void carry(RouteKey route, std::unique_ptr<kernel::Load> load, int failures,
             kernel::Protocol::Carried done);
  bool step() { return files_.step(); }
  void forget(base::AccountId account);

 private:
  // One turn of a route.
  struct Turn {
    RouteKey route;
    std::shared_ptr<const DepositLoad> load;
    int failures = 0;  // before it
  };
  void give_up(const Turn& turn, kernel::Protocol::Carried done);
  void wait_for_session(const Turn& turn, kernel::Protocol::Carried done);
  void answered(const Turn& turn, const DepositReply& reply, kernel::Protocol::Carried done);
  void failed(const Turn& turn, const DepositReply& reply, kernel::Protocol::Carried done);
  void refused(const Turn& turn);
  void end_asker(const Turn& turn, const DepositReply& reply, kernel::Protocol::Carried done);
  void reached(const Turn& turn, kernel::Protocol::Carried done);

  kernel::Core& core_;
  DepositTransport& transport_;
  Incoming& incoming_;
  std::function<void()> due_;
  base::Mutex mutex_;
  // By route, since its last success: the token that was refused last.
  std::map<RouteKey, DepositToken> refused_ GUARDED_BY(mutex_);
  FileCarrier files_;
};

}  // namespace messaging::peering
