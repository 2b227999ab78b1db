// Receiving: what the contents of ratchet messages do. Runs in the writer's transaction.
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

// What was done for a message before, outside of this write or in an earlier one.
struct ReceptionMeans {
  std::span<const crypto::ChainWalk> walks;  // done
  std::size_t taken = 0;                     // of its content (apply_some)
};

struct Reception {
  enum class Outcome {
    unopened,  // a known tag, but it does not open or says nothing we may take
    not_yet,   // a file's parts are missing: nothing was changed
    walk,      // `walks` are too long for a write: nothing was changed
    later,     // its sender has to wait for so long a walk: nothing was changed
    partly,    // some of its content was applied; the rest in another write
    taken,
  };
  Outcome outcome = Outcome::unopened;
  store::SeenEnvelope seen;    // what to note with the envelope's id
  bool session_began = false;  // it proved a joiner
  std::vector<crypto::ChainWalk> walks;
  base::Millis later = 0;
  std::size_t taken = 0;    // with `partly`: how much of its content is applied by now
  std::uint32_t steps = 0;  // of its chain that were walked here
};

base::Result<Reception> receive_message(const kernel::WriteContext& write,
                                        store::SessionRow& session, base::ByteView body,
                                        const ReceptionMeans& means);

}  // namespace messaging::peering
