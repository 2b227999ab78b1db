// Core: the base of all parts of messaging, with no features of its own: the store, the clock, the
// accounts, reads and writes of one account. Not for use above messaging.
//
// Owned by Parts; the parts hold a reference. The directory caches the accounts and is updated
// after each commit that changes one: a lookup costs a lock and a copy of a pointer, never a
// query.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/identity.h"
#include "messaging/kernel/contact_budget.h"
#include "messaging/kernel/engine_options.h"
#include "messaging/kernel/protocols.h"
#include "messaging/kernel/relay_home.h"
#include "messaging/kernel/removals.h"
#include "messaging/kernel/steady_time.h"
#include "messaging/kernel/stock_strings.h"
#include "messaging/model/events.h"
#include "messaging/model/group_state.h"
#include "store/store.h"
#include "store/tables/scope.h"
#include "store/tables/ways_in.h"

namespace messaging::kernel {

class Device;
class FileWorker;
class Signals;

// An account as every part needs it. Immutable; shared.
struct AccountState {
  AccountId id;
  std::array<std::uint8_t, 16> uuid{};
  std::vector<store::WayIn> ways_in;  // at least one; peers are given the first
  crypto::Identity identity;
  store::AccountKey key;
  bool io_on = true;
  std::optional<RelayHome> relay = {};  // reached through it
  bool configured = true;               // false: no address yet, and nothing can be sent
  bool elsewhere = false;  // it is being sent to another gateway, or lives there: nothing is sent
  // The key by which groups know the account if it is not its identity: the OpenPGP fingerprint of
  // a mail account.
  std::optional<MemberKey> member_key = {};

  ProtocolKind protocol() const {
    return ways_in.front().kind;
  }  // the account speaks (decision 31)
  const std::string& addr() const { return ways_in.front().addr; }
  const std::string& mailbox() const { return ways_in.front().mailbox; }
};
using AccountPtr = std::shared_ptr<const AccountState>;

class AccountDirectory {
 public:
  base::Result<AccountPtr> get(AccountId account) const;  // "account 7 not found"
  static base::Error unknown(AccountId account);
  // By the mailbox of a local route or of the account's relay; nullptr when no account has it.
  AccountPtr by_mailbox(const std::string& mailbox) const;
  std::vector<AccountPtr> all() const;
  void put(AccountPtr account);
  void set_io(AccountId account, bool on);
  void set_elsewhere(AccountId account, bool elsewhere);
  void set_relay(AccountId account, std::optional<RelayHome> relay);
  // The account is configured; `addr` is the address that it gives to others.
  void set_addr(AccountId account, std::string addr);
  // The account is reached by these from now on; at least one.
  void set_ways_in(AccountId account, std::vector<store::WayIn> ways);
  // Groups know the account by this key from now on.
  void set_member_key(AccountId account, const MemberKey& key);
  void erase(AccountId account);
  void order(const std::vector<AccountId>& accounts);  // all of them
  // The directory has the account with this identity: after an import its number may name another
  // one.
  bool holds(const AccountState& state) const;

 private:
  void change(AccountId account, const std::function<void(AccountState&)>& change);
  mutable base::Mutex mutex_;
  std::vector<AccountPtr> accounts_ GUARDED_BY(mutex_);
};

// An event just written, on its way through the commit to the listener: keeps the body that was
// encoded, so that the listener need not decode it.
struct WrittenEvent final : store::EventFacts {
  explicit WrittenEvent(EventBody b) : body(std::move(b)) {}
  EventBody body;
};

class Core {
 public:
  Core(store::Store& store, const base::Clock& clock, EngineOptions options);
  ~Core();
  // Ends all work on the core. The parts are stopped before and may be destroyed after.
  void close();

  // A read: a snapshot of one account.
  struct ReadScope {
    store::Reader reader;
    AccountPtr account;
    store::Scope scope() { return {reader.connection(), store_vault, account->key, account->id}; }
    const store::Vault& store_vault;
  };
  base::Result<ReadScope> read(AccountId account) const;

  // A write in its own savepoint; `fn(tx, scope, account)` returns Result<T>. Answers after the
  // commit.
  template <class T, class F>
  void write(AccountId account, F fn, base::Completion<T> done);

  // Writes an event of this account in the transaction.
  static base::Result<> emit(store::Tx& tx, AccountId account, EventBody body);

  store::Store& store;
  const base::Clock& clock;
  const EngineOptions options;
  CallerPaths paths;
  const base::Millis started_at;      // on the boot clock
  std::atomic<bool> closing = false;  // write() refuses, which ends work done in slices
  AccountDirectory directory;
  ContactBudget steps;                 // ratchet steps that a contact makes us skip
  ContactBudget strangers;             // unknown members that a contact adds to groups
  ContactBudget parking;               // bytes of envelopes parked until their session begins
  std::unique_ptr<SteadyTime> steady;  // set by Engine::open before anything else
  std::unique_ptr<FileWorker> file_worker;
  const std::shared_ptr<Removals> removals = std::make_shared<Removals>();

  // Set once, by Parts, before anything is written.
  Protocols protocols;
  Signals* signals = nullptr;
  StockStrings stock;
  Device* device = nullptr;  // set by Engine::set_device(), before the start; null: none
  // Runs at the end of each write of an account that has a relay, in its transaction.
  std::function<base::Result<>(store::Tx& tx, AccountId account)> at_end_of_relayed_write;
  EventListener listener;

 private:
  void publish(std::span<const store::LoggedEvent> logged);
};

template <class T, class F>
void Core::write(AccountId account, F fn, base::Completion<T> done) {
  auto state = directory.get(account);
  if (!state) return done(std::move(state).error());
  if (closing.load(std::memory_order_acquire)) {
    return done(base::fail(base::Errc::unavailable, "the gateway is shutting down"));
  }
  store.write<T>(
      [fn = std::move(fn), state = *std::move(state),
       this](store::Tx& tx) mutable -> base::Result<T> {
        if (!directory.holds(*state)) return AccountDirectory::unknown(state->id);
        store::Scope scope{tx.db(), store.vault(), state->key, state->id};
        base::Result<T> result = fn(tx, scope, *state);
        if (result && state->relay) EDGE_CHECK(at_end_of_relayed_write(tx, state->id));
        return result;
      },
      std::move(done));
}

}  // namespace messaging::kernel
