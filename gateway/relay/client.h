// RelayClient: keeps a RelayLink for every account that has a relay. It follows the accounts as
// they are set up, changed and removed.
//
// Threads: made, started and stopped on the loop's; messaging calls on_change() from any.
#pragma once

#include <map>
#include <memory>

#include "gateway/relay/link.h"

namespace gateway {

class RelayClient {
 public:
  // `policy`: which addresses a relay's URL may lead to; a relay that is named by a loopback URL
  // may be on this machine, one that an account's config names otherwise may not.
  RelayClient(EventLoop& loop, WorkerPool& workers, messaging::peering::Relayed& relayed,
              AddressPolicy policy);
  ~RelayClient();

  void start();
  void stop();  // ends every link; nothing is called any more

 private:
  void follow();
  void on_change(messaging::peering::Relayed::Change change, base::AccountId account);
  void on_tick();

  EventLoop& loop_;
  WorkerPool& workers_;
  messaging::peering::Relayed& relayed_;
  const AddressPolicy policy_;
  // By whether loopback is allowed, made with the first link: a connection that stays open is used
  // again without being judged, so links of another policy must not find it.
  std::map<bool, std::unique_ptr<CurlLoop>> curls_;
  Timer tick_;
  std::map<base::AccountId, std::unique_ptr<RelayLink>> links_;
  bool running_ = false;
};

}  // namespace gateway
