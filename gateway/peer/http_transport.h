// HttpTransport: messaging::DepositTransport over HTTP: deposits envelopes into the mailbox of a
// peer's daemon or of a relay (decisions 14 and 17).
//
// A deposit to a URL that was never reached (messaging::Deposit::unreached) has places of its own
// and leaves no memory behind: strangers name such URLs, and others' deposits never wait for them.
//
// Resists: a peer whose URL leads to this machine, its network's link-local services or a cloud's
// metadata; one that redirects, answers without end or not at all; one whose clock is wrong.
// Nothing that a peer answers goes into a log or an error.
//
// Threads: deposit() from any; the transfers run on the loop's thread, where close() is called
// before the loop ends. Outstanding and later deposits are then answered unreachable: what was not
// acknowledged stays in the outbox.
#pragma once

#include <deque>
#include <memory>

#include "base/mutex.h"
#include "gateway/loop/event_loop.h"
#include "gateway/peer/address.h"
#include "messaging/delivery/route_queue.h"
#include "messaging/peering/transport.h"

namespace gateway {

struct HttpTransportOptions {
  AddressPolicy addresses;
  base::Millis connect_timeout = 5'000;
  base::Millis answer_timeout = 15'000;  // in all, beside the time the body takes
  std::size_t slowest = 8 * 1024;        // bytes a second at which a body is still waited for
  std::size_t max_answer = 1024 * 1024;
  std::size_t at_once = 64;          // transfers
  std::size_t at_once_per_host = 6;  // of them to one URL
  // Of those the ones with over 64 KiB: files leave places for messages, which they would hold up
  // on a slow link.
  std::size_t large_per_host = 4;
  // Beside those: deposits to URLs that were never reached, which strangers choose.
  std::size_t unreached_at_once = messaging::delivery::RouteQueue::kMostStrangers;
  std::size_t unreached_per_host = messaging::delivery::RouteQueue::kMostOfParty;
  base::Millis unreached_timeout = 10'000;  // in all
  std::string ca_file = {};                 // "": the system's
};

class HttpTransport final : public messaging::peering::DepositTransport {
 public:
  HttpTransport(EventLoop& loop, HttpTransportOptions options);
  ~HttpTransport() override;

  void deposit(messaging::peering::Deposit deposit,
               base::Completion<messaging::peering::DepositReply> done) override;

  // Known only once we listen; before the first deposit.
  void set_addresses(AddressPolicy policy);
  // On the loop. Every deposit accepted so far is answered when the loop has ended its pass.
  void close();

 private:
  class Impl;
  EventLoop& loop_;
  base::Mutex mutex_;
  bool closed_ GUARDED_BY(mutex_) = false;
  std::unique_ptr<Impl> impl_;  // the loop's
};

}  // namespace gateway
