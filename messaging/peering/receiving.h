// Receiving: opens a ratchet message on its session and applies its content. Runs in the writer's
// transaction.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "crypto/chain_walk.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "store/tables/envelopes.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

// Work that was done for a message outside of this write or in an earlier one.
struct ReceptionMeans {
  std::span<const crypto::ChainWalk> walks;  // done
  std::size_t taken = 0;                     // how much of its content was applied (apply_some)
};

struct Reception {
  enum class Outcome {
    unopened,  // a known tag, but the message does not open or its content is not allowed
    not_yet,   // parts of a file are missing: nothing was changed
    walk,      // `walks` are too long for a write: nothing was changed
    later,     // the sender's budget for walks is used up: nothing was changed
    partly,    // some of its content was applied; the rest in another write
    taken,
  };
  Outcome outcome = Outcome::unopened;
  store::SeenEnvelope seen;    // to record with the envelope's id
  bool session_began = false;  // the message proved a joiner
  std::vector<crypto::ChainWalk> walks;
  base::Millis later = 0;
  std::size_t taken = 0;    // with `partly`: how much of the content is applied by now
  std::uint32_t steps = 0;  // of its chain that were walked here
};

base::Result<Reception> receive_message(const kernel::WriteContext& write,
                                        store::SessionRow& session, base::ByteView body,
                                        const ReceptionMeans& means);

}  // namespace messaging::peering
