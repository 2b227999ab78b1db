// RelayLink: one account's connection to its relay: opens the mailbox, carries changes of deposit
// keys (gateway/relay/link_keys.h), reads the stream, passes envelopes to messaging
// (gateway/relay/link_arrivals.h) and acknowledges them once they are stored here.
//
//   resting -> challenge -> open -> (keys) -> stream, or polling where a proxy holds streams back
//
// Anything unexpected ends the connection; the link reconnects after a pause with jitter, the first
// within a second, none over a minute. An envelope is acknowledged after its commit and never
// before, so that a lost connection, a killed device or a full disk costs a retransmission and
// nothing else. A dead connection is recognised by missing pings; a request goes to the relay at
// least every minute.
//
// Resists a hostile relay: it can withhold, repeat, reorder or invent envelopes (they open or they
// do not), but not make this device lose count, memory or time. Loop thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/loop/event_loop.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/relay/fetcher.h"
#include "gateway/relay/frames.h"
#include "gateway/relay/link_arrivals.h"
#include "gateway/relay/link_keys.h"
#include "gateway/relay/wire.h"
#include "messaging/peering/relayed.h"

namespace gateway {

struct RelayLinkTimes {
  base::Millis first_pause = 500;
  base::Millis longest_pause = 60'000;
  base::Millis silence = 75'000;     // of the relay: three pings
  base::Millis first_ping = 20'000;  // later than that: a proxy buffers the stream
  base::Millis poll_every = 5'000;
  base::Millis poll_for = 600'000;  // then the stream is tried again
  base::Millis ack_every = 60'000;  // at least, even without ids
};

class RelayLink {
 public:
  // All by reference outlives the link.
  struct Around {
    EventLoop& loop;
    WorkerPool& workers;
    CurlLoop& curl;
    messaging::peering::Relayed& relayed;
  };
  RelayLink(const Around& around, messaging::peering::RelayAccount account, AddressPolicy policy,
            RelayLinkTimes times = {});
  ~RelayLink();  // ends the connection; nothing is called any more

  void keys_changed();
  void try_now();  // ends a pause
  void tick();     // every second or so
  const messaging::kernel::RelayHome& home() const { return account_.home; }

 private:
  enum class Phase : std::uint8_t { resting, connecting, streaming, polling };

  void begin();
  void fail(std::string_view what, std::string problem = {});
  void ask(std::string_view method, std::string_view what, base::Bytes body, Fetcher::Done done);
  std::vector<std::string> prove(std::string_view method, std::string_view what,
                                 base::ByteView body);
  void on_challenge(const FetchReply& reply);
  void on_open(const FetchReply& reply);
  void on_keys(const FetchReply& reply);
  void send_keys();
  void ready();
  void catch_up();
  void open_stream();
  bool on_stream(base::ByteView bytes);
  void poll();
  void on_frames(std::vector<Frame> frames);
  void pass_on();
  void on_batch_done(bool stored, std::uint64_t connection);
  void send_acks();
  void next_call();
  bool reply_is_good(const FetchReply& reply, long wanted, std::string_view what);

  const Around around_;
  const messaging::peering::RelayAccount account_;
  const RelayLinkTimes times_;
  Fetcher fetcher_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what is posted
  std::uint64_t connection_ = 0;  // its number: answers of an earlier one are dropped

  Phase phase_ = Phase::resting;
  base::Millis due_ = 0;  // of the next try, while resting
  int failures_ = 0;
  std::string warned_problem_;
  OwnerProof proof_;   // nonce, expiry and the last count
  bool busy_ = false;  // a call is under way
  LinkKeys keys_;
  LinkArrivals arrivals_;

  FrameReader reader_;
  base::Millis received_at_ = 0;
  base::Millis requested_at_ = 0;
  base::Millis poll_at_ = 0;
  base::Millis poll_until_ = 0;
  bool pinged_ = false;
};

}  // namespace gateway
