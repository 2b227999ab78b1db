// LinkKeys: the deposit keys that a relay holds for one mailbox, and the changes that make them
// equal to the account's keys. Knows no connection: RelayLink carries what it computes. Loop
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/result.h"
#include "gateway/relay/wire.h"
#include "messaging/peering/relayed.h"

namespace gateway {

class LinkKeys {
 public:
  LinkKeys(messaging::peering::Relayed& relayed, base::AccountId account)
      : relayed_(relayed), account_(account) {}

  // A connection ended: what the relay holds is unknown again.
  void reset();
  // The account's keys changed, or may have.
  void set_stale() { stale_ = true; }
  bool stale() const { return stale_; }  // changes are to be computed
  bool known() const { return known_; }  // what the relay holds

  // Whether the relay's keys are the account's, by their digest. Errors: our own keys could not be
  // read.
  base::Result<bool> matches(const KeysDigest& theirs);
  // The list of keys that the relay sent.
  void set_registered(const std::vector<KnownKey>& keys);
  // Computes the changes to send, at most kMaxKeyChanges; stale() while more are left.
  base::Result<> compute_changes();
  const std::vector<KeyChange>& changes() const { return changes_; }
  // The relay has made the changes.
  void changes_done();

 private:
  messaging::peering::Relayed& relayed_;
  const base::AccountId account_;
  std::map<messaging::DepositKeyId, KeyPurpose> registered_;  // at the relay, if known_
  std::vector<KeyChange> changes_;
  std::uint64_t version_ = 0;  // of the account's keys that `changes_` lead to
  bool known_ = false;
  bool stale_ = false;
};

}  // namespace gateway
