// Delivery: envelopes of one party on their way into the store, without their outer seals: those of
// a deposit, a run of the same key that a relay handed over, or some that were parked.
//
// One owner at a time: the thread that opened it, then the writer's and SideWork's in turn.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/completion.h"
#include "crypto/chain_walk.h"
#include "crypto/wiping.h"
#include "messaging/peering/arriving_parts.h"
#include "messaging/peering/envelope_kind.h"
#include "messaging/peering/renewal.h"
#include "store/tables/deposit_tokens.h"
#include "store/tables/envelopes.h"

namespace messaging::peering {

// An envelope without its outer seal.
struct OpenedEnvelope {
  store::EnvelopeKey id{};
  EnvelopeKind kind{};
  Tag tag{};
  crypto::WipingBytes body;
  base::Bytes sealed;  // kept for messages only: they may have to be parked
  std::optional<OpenedSessionRequest> request;
  bool opens = true;  // false: of a parked one, which goes
};

struct Delivery {
  // How it came. From a peer, parts of files may be kept a sync later than what comes next, and
  // what there is no room or time for waits at the peer. From our relay all is kept in order, and
  // what cannot be taken now is parked or dropped: in the mailbox it would stand before what others
  // sent.
  enum class From : std::uint8_t { peer, relay, parked };

  // How it ended; errors: nothing of it may be acknowledged.
  struct End {
    bool stored = false;
    base::Millis later = 0;  // not stored: the rest may come after this time
  };

  AccountId account;
  std::string party;  // whose turn it takes
  From from = From::peer;
  store::DepositTokenRow token;
  std::vector<OpenedEnvelope> envelopes;
  std::vector<StoredPart> parts;
  std::optional<store::SealedBlobWriter> unsynced;  // the parts' file
  std::size_t bytes = 0;                            // of the envelopes, in memory
  base::Completion<End> done;

  // The writer's thread.
  std::size_t at = 0;                  // envelopes before this are applied
  bool parts_noted = false;            // the parts are applied
  bool failed = false;                 // a slice was undone: the whole is
  std::optional<ContactId> came_from;  // whose session the first message came on
  // Of the envelope at `at`: the walks that it needs, and how much of its content was applied.
  std::vector<crypto::ChainWalk> walks;
  std::size_t taken = 0;

  // Where the slice that is applied began. When a record of ours that an envelope needs does not
  // open, the slice is undone and applied again, one envelope in each, and of these the one that
  // fails is dropped: it holds up nothing behind it.
  std::size_t slice_from = 0;
  std::size_t slice_taken = 0;
  bool slice_noted_parts = false;
  bool singly = false;
  bool drop = false;  // the envelope at `at`

  void next() {
    walks.clear();
    taken = 0;
    ++at;
  }
  void begin_slice() {
    for (; slice_from < at; ++slice_from) envelopes[slice_from] = {};
    slice_taken = taken;
    slice_noted_parts = parts_noted;
  }
  // False: it was tried already.
  bool begin_slice_again() {
    if (drop) return false;
    drop = singly;
    singly = true;
    at = slice_from;
    taken = slice_taken;
    parts_noted = slice_noted_parts;
    walks.clear();
    return true;
  }
};
using DeliveryPtr = std::shared_ptr<Delivery>;

// Names of parties and tokens, as queues and budgets count them. Deliveries of one contact keep
// their order and share their turns, whichever of the contact's tokens they come with.
std::string party_of(AccountId account, const store::DepositTokenRow& token);
std::string name_of(AccountId account, const store::DepositTokenRow& token);

}  // namespace messaging::peering
