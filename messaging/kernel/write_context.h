// WriteContext: the context of a write as one argument: the transaction, the account's rows in it,
// and signals for after the commit. On the stack only.
#pragma once

#include <string>
#include <type_traits>

#include "messaging/kernel/core.h"
#include "messaging/kernel/signals.h"
#include "store/tables/scope.h"
#include "store/writer.h"

namespace messaging::kernel {

struct WriteContext {
  Core& core;
  store::Tx& tx;
  const store::Scope& scope;
  const AccountState& account;

  // For times whose age is compared later (messaging/kernel/steady_time.h); tx.now() is for people.
  base::UnixMillis steady() const { return core.steady->now(); }
  base::Result<> emit(EventBody body) const { return Core::emit(tx, account.id, std::move(body)); }
  Protocol& protocol() const { return core.protocols.of(account.protocol()); }
  // Errc::unavailable for an account without an address, which nobody could answer.
  base::Result<> check_configured() const {
    if (account.configured) return {};
    return base::fail(base::Errc::unavailable,
                      "account " + std::to_string(account.id.value) +
                          " is not configured: add_or_update_transport or configure gives it an "
                          "address");
  }
  // Calls the signal for this account once the write is committed.
  template <class... Args>
  void signal(void (Signals::*verb)(AccountId, Args...),
              const std::type_identity_t<std::remove_cvref_t<Args>>&... args) const {
    tx.on_commit([signals = core.signals, verb, id = account.id, args...] {
      (signals->*verb)(id, args...);
    });
  }
};

}  // namespace messaging::kernel
