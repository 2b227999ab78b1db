// Relayed: messaging's interface for links to relays: which accounts have a relay, which deposit
// keys are to be registered there, the entry for envelopes whose proofs the relay has verified, and
// the state of each link. The links themselves are in gateway/relay/.
//
// keys() returns the complete list, never changes: a link compares it with the relay's list at each
// start and after each change.
//
// Safe from any thread unless it says otherwise.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/completion.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "crypto/identity.h"
#include "messaging/kernel/relay_home.h"
#include "messaging/model/deposit.h"

namespace store {
class Tx;
}

namespace messaging::kernel {
class Core;
struct AccountState;
}  // namespace messaging::kernel

namespace messaging::peering {

class Incoming;

struct RelayAccount {
  base::AccountId account;
  kernel::RelayHome home;
  crypto::Identity owner;
};

// A key as it is to be registered at the relay.
struct WantedKey {
  DepositKeyId key_id{};
  DepositKey key{};
  bool contact = false;  // else it allows handshakes only
  std::array<std::uint8_t, 16> pseudonym{};
};

struct RelayedEnvelope {
  DepositKeyId key_id{};
  base::Bytes envelope;
};

class Relayed {
 public:
  Relayed(kernel::Core& core, Incoming& incoming) : core_(core), incoming_(incoming) {}

  std::vector<RelayAccount> accounts() const;
  // Oldest first. Keys of blocked contacts and withdrawn invites are not among them.
  base::Result<std::vector<WantedKey>> keys(base::AccountId account) const;
  // Applies envelopes in order. True: they may be acknowledged; false: they could not be stored
  // now.
  void accept(base::AccountId account, std::vector<RelayedEnvelope> envelopes,
              base::Completion<bool> done);

  enum class Change { accounts, keys };
  // One listener, called after the commit that changed something, on the writer's thread.
  void on_change(std::function<void(Change, base::AccountId)> listener);

  // The state of the link, and the problem that a person has to solve ("": none).
  void link_changed(base::AccountId account, bool connected, const std::string& problem);
  bool connected(base::AccountId account) const;
  // Calls `done` once the keys committed by now are registered, or after a time-out, so that an
  // invite is shown only when it works. At once for accounts without a relay.
  void when_registered(base::AccountId account, base::Completion<> done);
  void keys_registered(base::AccountId account, std::uint64_t version);
  std::uint64_t version(base::AccountId account) const;  // of the keys; grows with each change
  void expire_waiting();                                 // called every second or so

  // Within messaging. Makes the writer's connection count changes of keys.
  static base::Result<> prepare(store::Tx& tx);
  // At the end of each write of an account that has a relay: calls the listener if keys changed.
  base::Result<> notice(store::Tx& tx, base::AccountId account);
  // An account got, lost or changed its relay (committed).
  void homes_changed(base::AccountId account);

 private:
  struct Waiting {
    std::uint64_t version = 0;
    base::Millis until = 0;
    base::Completion<> done;
  };
  struct State {
    std::uint64_t version = 0;
    std::int64_t noticed = 0;  // of the writer's count
    bool connected = false;
    std::string problem;
    std::vector<Waiting> waiting;
  };
  void notify_listener(Change change, base::AccountId account);

  kernel::Core& core_;
  Incoming& incoming_;
  mutable base::Mutex mutex_;
  std::map<base::AccountId, State> states_ GUARDED_BY(mutex_);
  std::function<void(Change, base::AccountId)> listener_ GUARDED_BY(mutex_);
};

}  // namespace messaging::peering
