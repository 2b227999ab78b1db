// RelayLink: one account's connection to its relay: opens the mailbox, keeps the deposit keys there
// equal to the account's, reads the stream, passes envelopes to messaging and acknowledges them
// once they are stored here.
//
//   resting -> challenge -> open -> (keys) -> stream, or polling where a proxy holds streams back
//
// Anything unexpected ends the link; it reconnects after a pause with jitter, the first within a
// second, none over a minute. An envelope is acknowledged after its commit and never before, so
// that a lost link, a killed device or a full disk costs a repetition and nothing else. A dead link
// is noticed by missing pings; a request goes to the relay at least every minute.
//
// Resists a hostile relay: it can hold back, repeat, reorder or invent envelopes (they open or they
// do not), but not make this device lose count, memory or time. Loop thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gateway/loop/event_loop.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/relay/fetcher.h"
#include "gateway/relay/frames.h"
#include "gateway/relay/wire.h"
#include "messaging/peering/relayed.h"

namespace gateway {

struct RelayLinkTimes {
  base::Millis first_pause = 500;
  base::Millis longest_pause = 60'000;
  base::Millis silence = 75'000;     // of the relay: three pings
  base::Millis first_ping = 20'000;  // later than that: something holds the stream back
  base::Millis poll_every = 5'000;
  base::Millis poll_for = 600'000;  // then the stream is tried again
  base::Millis speak_every = 60'000;
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
  ~RelayLink();  // ends the tie; nothing is called any more

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
  void compare_keys(const KeysDigest& theirs);
  void on_keys(const FetchReply& reply);
  void send_keys();
  void ready();
  void catch_up();
  void open_stream();
  bool on_stream(base::ByteView bytes);
  void poll();
  void on_frames(std::vector<Frame> frames);
  void hand_in();
  void on_handed_in(std::vector<std::int64_t> ids, bool stored);
  void speak();
  void next_call();
  bool reply_is_good(const FetchReply& reply, long wanted, std::string_view what);

  const Around around_;
  const messaging::peering::RelayAccount account_;
  const RelayLinkTimes times_;
  Fetcher fetcher_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what is posted
  std::uint64_t turn_ = 0;  // of the tie: answers of an earlier one are dropped

  Phase phase_ = Phase::resting;
  base::Millis due_ = 0;  // of the next try, while resting
  int failures_ = 0;
  std::string told_problem_;
  OwnerProof proof_;  // nonce, expiry and the last count
  std::map<messaging::DepositKeyId, KeyPurpose> registered_;
  std::uint64_t keys_version_ = 0;  // of what `to_register_` leads to
  std::vector<KeyChange> to_register_;
  bool keys_known_ = false;    // registered_ is what the relay has
  bool keys_changed_ = false;  // look again
  bool busy_ = false;          // a call is under way

  FrameReader reader_;
  base::Millis heard_at_ = 0;
  base::Millis spoke_at_ = 0;
  base::Millis poll_at_ = 0;
  base::Millis poll_until_ = 0;
  bool pinged_ = false;
  std::deque<EnvelopeFrame> arrived_;
  std::size_t arrived_bytes_ = 0;
  bool handing_in_ = false;
  std::vector<std::int64_t> to_acknowledge_;
};

}  // namespace gateway
