// WriteContext: what a rule has while it writes, as one argument: the transaction, the account's
// rows in it, and the parts of messaging that hear of it after the commit. On the stack only.
#pragma once

#include "messaging/core.h"
#include "store/tables/scope.h"
#include "store/writer.h"

namespace messaging {

struct WriteContext {
  Core& core;
  store::Tx& tx;
  const store::Scope& scope;
  const AccountState& account;

  // For whatever is judged by its age later (messaging/steady_time.h); tx.now() is for people.
  UnixMillis steady() const { return core.steady->now(); }
  base::Result<> emit(const EventBody& body) const { return Core::emit(tx, account.id, body); }
};

}  // namespace messaging
