// Delivery: envelopes of one party that are being applied, without their outer seals. They come
// from a deposit, from a relay (a run with the same key), or were parked.
//
// One thread owns a delivery at a time: the one that opened it, then the writer's and SideWork's in
// turn.
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
#include "messaging/peering/joining.h"
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
  base::Bytes sealed;  // of messages only, which may have to be parked
  // Of handshakes: what was opened of them. Used up by the write that answers a request.
  std::optional<OpenedJoinRequest> join;
  std::optional<OpenedSessionRequest> request;
  std::optional<OpenedAnswer> answer;
  base::Millis later = 0;  // an answer over the budget is opened after this time
  bool opens = true;       // false: a parked envelope that is to be dropped
};

struct Delivery {
  // The origin. Deposits from a peer may share a sync for parts of files, so that a later deposit
  // is stored first; a deposit that is refused for now waits at the peer. Envelopes from our relay
  // are applied in order; one that cannot be applied now is parked or dropped, because in the
  // mailbox it would block those of other senders.
  enum class From : std::uint8_t { peer, relay, parked };

  // The outcome. On an error no envelope of the delivery may be acknowledged.
  struct End {
    bool stored = false;
    base::Millis later = 0;  // not stored: the rest may come after this time
  };

  AccountId account;
  std::string party;  // in whose turn it is applied
  From from = From::peer;
  store::DepositTokenRow token;
  std::vector<OpenedEnvelope> envelopes;
  std::vector<StoredPart> parts;
  std::optional<store::SealedBlobWriter> unsynced;  // the parts' file
  std::size_t bytes = 0;                            // of the envelopes, in memory
  base::Completion<End> done;

  // Used by the writer's thread.
  std::size_t at = 0;                  // envelopes before this are applied
  bool parts_noted = false;            // the parts are applied
  bool failed = false;                 // a slice was undone, so the delivery fails
  std::optional<ContactId> came_from;  // the owner of the first message's session
  // For the envelope at `at`: the chain walks it needs, and how much of its content was applied.
  std::vector<crypto::ChainWalk> walks;
  std::size_t taken = 0;

  // The start of the current slice. When a record of our own that an envelope needs does not open,
  // the slice is undone and applied again with one envelope per slice; the envelope that fails then
  // is dropped, so that it does not block those behind it.
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
  // False: the envelope was retried alone before.
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
