// RelayMailboxes: the requests of a mailbox's owner to a relay: open the mailbox, register deposit
// keys, fetch envelopes and acknowledge them. OwnerGate has proven the requests. An acknowledgement
// is answered after the envelopes' deletion is durable.
//
// Safe from any thread; answers come through functions.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/budget.h"
#include "base/function.h"
#include "base/mutex.h"
#include "gateway/relay/owner_gate.h"
#include "gateway/relay/relay_common.h"
#include "gateway/relay/wire.h"
#include "store/relay/deposit_keys.h"
#include "store/relay/envelopes.h"
#include "store/relay/mailboxes.h"

namespace gateway {

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

class RelayMailboxes {
 public:
  explicit RelayMailboxes(RelayCommon& common);  // outlives this

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

  base::UnixMillis now() const { return common_.clock.now(); }
  Challenge challenge(const std::string& mailbox) { return gate_.challenge(mailbox); }
  void open(OwnerRequest request, Answered<KeysDigest> done);
  Answer<store::RelayMailbox> owner_of(const OwnerRequest& request);
  Answer<std::vector<KnownKey>> keys(std::int64_t mailbox);
  void change_keys(std::int64_t mailbox, std::vector<KeyChange> changes,
                   Answered<std::monostate> done);
  void acknowledge(std::int64_t mailbox, std::vector<std::int64_t> ids,
                   Answered<std::monostate> done);
  // Frames of the envelopes after id `after`, about `max_bytes` at most; the last id among them.
  struct Waiting {
    std::string frames;
    std::vector<std::pair<std::int64_t, std::size_t>> ids;  // with the bytes of their frames
  };
  // Nothing for an owner whose admission was revoked.
  base::Result<Waiting> waiting(std::int64_t mailbox, std::int64_t after, std::size_t max_bytes);
  // Mailboxes whose admission was revoked, by another process as a rule.
  base::Result<std::vector<std::int64_t>> revoked();
  // These mailboxes were deleted.
  void forget(const std::vector<store::MailboxName>& gone);
  base::Result<RelayHoldings> holdings() const;
  std::size_t remembered_owners() { return gate_.remembered(); }

 private:
  base::Result<std::optional<OwnerRefusal>> make_room(store::Tx& tx,
                                                      const store::RelayParty& party);
  base::Result<std::optional<OwnerRefusal>> make_room_of(
      store::Tx& tx, const std::optional<store::RelayParty>& party);

  RelayCommon& common_;
  OwnerGate gate_;
  base::Mutex mutex_;
  base::Budget<std::string> new_mailboxes_ GUARDED_BY(mutex_);  // by party
};

}  // namespace gateway
