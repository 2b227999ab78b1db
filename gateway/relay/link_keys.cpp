#include "gateway/relay/link_keys.h"

#include <set>
#include <utility>

namespace gateway {
namespace {

KeyPurpose purpose_of(const messaging::peering::WantedKey& key) {
  return key.contact ? KeyPurpose::contact : KeyPurpose::handshakes;
}

}  // namespace

void LinkKeys::reset() {
  changes_.clear();
  known_ = false;
}

base::Result<bool> LinkKeys::matches(const KeysDigest& theirs) {
  stale_ = false;
  registered_.clear();
  const std::uint64_t version = relayed_.version(account_);
  EDGE_TRY(const auto wanted, relayed_.keys(account_));
  std::vector<KnownKey> ours;
  for (const messaging::peering::WantedKey& key : wanted) {
    ours.push_back({key.key_id, purpose_of(key)});
  }
  if (keys_digest(ours) != theirs) return false;
  set_registered(ours);
  stale_ = false;
  relayed_.keys_registered(account_, version);
  return true;
}

void LinkKeys::set_registered(const std::vector<KnownKey>& keys) {
  registered_.clear();
  for (const KnownKey& key : keys) registered_.emplace(key.key_id, key.purpose);
  known_ = true;
  stale_ = true;
}

base::Result<> LinkKeys::compute_changes() {
  stale_ = false;
  version_ = relayed_.version(account_);
  EDGE_TRY(const auto wanted, relayed_.keys(account_));
  std::set<messaging::DepositKeyId> names;
  changes_.clear();
  for (const messaging::peering::WantedKey& key : wanted) {
    names.insert(key.key_id);
    const KeyPurpose purpose = purpose_of(key);
    const auto known = registered_.find(key.key_id);
    if (known != registered_.end() && known->second == purpose) continue;
    changes_.emplace_back(KeyAddition{key.key_id, key.key, purpose, key.pseudonym});
  }
  for (const auto& [key_id, purpose] : registered_) {
    if (!names.contains(key_id)) changes_.emplace_back(key_id);
  }
  if (changes_.size() > kMaxKeyChanges) {
    changes_.resize(kMaxKeyChanges);
    stale_ = true;  // the rest in the next round
  }
  if (changes_.empty()) relayed_.keys_registered(account_, version_);
  return {};
}

void LinkKeys::changes_done() {
  for (const KeyChange& change : std::exchange(changes_, {})) {
    if (const auto* added = std::get_if<KeyAddition>(&change)) {
      registered_[added->key_id] = added->purpose;
    } else {
      registered_.erase(std::get<messaging::DepositKeyId>(change));
    }
  }
  if (!stale_) relayed_.keys_registered(account_, version_);
}

}  // namespace gateway
