// Relay: keeps sealed envelopes in mailboxes for devices that cannot be reached, and forgets them
// once acknowledged (decision 16). It sees mailboxes, pseudonyms, sizes and times, never a message.
//
// As a Mailroom it takes deposits for the mailboxes it keeps and passes all others on to the
// accounts of this daemon. The owner's requests come proven by OwnerGate. A deposit is answered
// `stored` after its COMMIT, an acknowledgement after the envelopes are gone durably; limits are
// judged first by the head, then again in the write, where nobody can slip past them.
//
// Safe from any thread; answers come through Completions. Database and clock outlive it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/budget.h"
#include "base/clock.h"
#include "base/completion.h"
#include "base/mutex.h"
#include "gateway/relay/limits.h"
#include "gateway/relay/owner_gate.h"
#include "gateway/relay/replay_memory.h"
#include "gateway/relay/wire.h"
#include "messaging/kernel/transport.h"
#include "store/relay/deposit_keys.h"
#include "store/relay/envelopes.h"
#include "store/relay/relay_store.h"

namespace gateway {

struct RelayOptions {
  std::string url;    // what the relay calls itself: owners sign for it
  std::string dir;    // whose disk must keep a tenth free
  bool open = false;  // no admission token is needed
  RelayLimits limits = {};
};

// Counted since the start.
struct RelayCounters {
  std::atomic<std::uint64_t> kept{0};          // envelopes taken
  std::atomic<std::uint64_t> kept_bytes{0};    // and their bytes
  std::atomic<std::uint64_t> acknowledged{0};  // envelopes forgotten
  std::atomic<std::uint64_t> expired{0};       // envelopes nobody fetched in time
  std::atomic<std::uint64_t> unproven{0};      // deposits and owner requests
  std::atomic<std::uint64_t> refused{0};       // deposits over a limit
  std::atomic<std::uint64_t> replayed{0};      // deposits that came again byte for byte
};

// What the relay keeps now.
struct RelayHoldings {
  std::int64_t mailboxes = 0;
  store::RelayUsage waiting;
};

// What a mailbox's owner is refused with.
enum class OwnerRefusal : std::uint8_t {
  unproven,
  not_admitted,
  full,
  too_many,  // new mailboxes of one party
  malformed,
  failed,
};

class Relay final : public messaging::Mailroom {
 public:
  Relay(store::RelayStore& store, messaging::Mailroom& next, const base::Clock& clock,
        RelayOptions options);

  std::optional<messaging::ArrivalReply> judge(const messaging::ArrivalHead& head) override;
  void accept(messaging::Arrival arrival, base::Completion<messaging::ArrivalReply> done) override;

  // A request of an owner whose body has come.
  struct OwnerRequest {
    std::string mailbox;
    OwnerProof proof;
    std::string method;
    std::string what;
    base::Bytes body;
    std::string address = {};  // of open: where it came from; "" says nothing
  };
  template <class T>
  using Answer = std::variant<T, OwnerRefusal>;
  template <class T>
  using Answered = base::UniqueFunction<void(Answer<T>)>;

  base::UnixMillis now() const { return clock_.now(); }
  Challenge challenge(const std::string& mailbox) { return gate_.challenge(mailbox); }
  void open(OwnerRequest request, Answered<KeysDigest> done);
  Answer<store::RelayMailbox> owner_of(const OwnerRequest& request);
  Answer<std::vector<KnownKey>> keys(std::int64_t mailbox);
  void change_keys(std::int64_t mailbox, std::vector<KeyChange> changes,
                   Answered<std::monostate> done);
  void acknowledge(std::int64_t mailbox, std::vector<std::int64_t> ids,
                   Answered<std::monostate> done);
  // Frames of what waits after id `after`, at most about `max_bytes`; the last id among them.
  struct Waiting {
    std::string frames;
    std::vector<std::pair<std::int64_t, std::size_t>> ids;  // with the bytes of their frames
  };
  // Nothing for an owner who is admitted no more.
  base::Result<Waiting> waiting(std::int64_t mailbox, std::int64_t after, std::size_t max_bytes);
  // Mailboxes whose admission was revoked, by another process as a rule.
  base::Result<std::vector<std::int64_t>> revoked();

  // Called after a commit, on the writer's thread, with the mailbox that has something new.
  void on_news(std::function<void(std::int64_t)> news) { news_ = std::move(news); }
  // True while the owner holds a stream: what is full will soon have room again.
  void on_drained_soon(std::function<bool(std::int64_t)> ask) { drained_soon_ = std::move(ask); }
  // Drops what is too old; every minute or so.
  void tidy();

  const RelayCounters& counters() const { return counters_; }
  base::Result<RelayHoldings> holdings() const;
  const RelayLimits& limits() const { return options_.limits; }
  std::size_t remembered_owners() { return gate_.remembered(); }

 private:
  struct Taken;
  messaging::ArrivalReply reply(messaging::ArrivalVerdict verdict, base::Millis pause = 0) const;
  std::optional<messaging::ArrivalReply> over_limit(store::Connection& db,
                                                    const store::RelayMailbox& mailbox,
                                                    const store::RelayKey& key, std::int64_t bytes,
                                                    std::int64_t envelopes);
  base::Result<std::optional<OwnerRefusal>> make_room(store::Tx& tx,
                                                      const store::RelayParty& party);
  base::Result<std::optional<OwnerRefusal>> make_room_of(
      store::Tx& tx, const std::optional<store::RelayParty>& party);
  void forget(const std::vector<store::MailboxName>& gone);
  base::Result<messaging::ArrivalReply> keep(store::Tx& tx, const Taken& taken);
  bool clock_is_suspect();

  store::RelayStore& store_;
  messaging::Mailroom& next_;
  const base::Clock& clock_;
  const RelayOptions options_;
  OwnerGate gate_;
  ReplayMemory replays_;
  RelayCounters counters_;
  std::function<void(std::int64_t)> news_;
  std::function<bool(std::int64_t)> drained_soon_;
  const base::Millis clock_offset_;  // wall minus boot clock at the start
  std::atomic<bool> told_suspect_{false};
  base::Mutex mutex_;
  base::Budget<std::int64_t> handshakes_ GUARDED_BY(mutex_);    // envelopes, by the key's row
  base::Budget<std::string> new_mailboxes_ GUARDED_BY(mutex_);  // by party
};

}  // namespace gateway
