// Receiving: what the contents of ratchet messages do. Runs in the writer's transaction.
#pragma once

#include "base/result.h"
#include "messaging/content.h"
#include "messaging/write_context.h"
#include "store/tables/envelopes.h"
#include "store/tables/sessions.h"

namespace messaging {

struct Reception {
  enum class Outcome {
    unopened,  // a known tag, but it does not open or says nothing we may take
    not_yet,   // a file's parts are missing: nothing was changed
    taken,
  };
  Outcome outcome = Outcome::unopened;
  store::SeenEnvelope seen;    // what to note with the envelope's id
  bool session_began = false;  // it proved a joiner
};

base::Result<Reception> receive_message(const WriteContext& write, store::SessionRow& session,
                                        base::ByteView body);

// Owes the sender the news that its message arrived.
base::Result<> acknowledge(const WriteContext& write, ContactId contact, const Uuid& uuid);

}  // namespace messaging
