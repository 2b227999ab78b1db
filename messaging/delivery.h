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
#include "messaging/arriving_parts.h"
#include "messaging/content.h"
#include "messaging/renewal.h"
#include "store/tables/deposit_tokens.h"
#include "store/tables/envelopes.h"

namespace messaging {

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
  // Of the envelope at `at`: the walks that it needs, and how many of its receipts were taken.
  std::vector<crypto::ChainWalk> walks;
  std::size_t notes = 0;

  void next() {
    envelopes[at] = {};
    walks.clear();
    notes = 0;
    ++at;
  }
};
using DeliveryPtr = std::shared_ptr<Delivery>;

}  // namespace messaging
