#include "gateway/relay/client.h"

#include "messaging/peering/relay_choice.h"

namespace gateway {
namespace {

constexpr base::Millis kLinkTick = 500;

// A relay with a loopback address or name was named by the settings or by a key of scope admin, and
// is allowed. Any other name in an account's config must not lead to this machine, whatever it
// resolves to.
AddressPolicy policy_for(AddressPolicy policy, const messaging::kernel::RelayHome& home) {
  if (messaging::peering::is_loopback_relay(home.url)) {
    policy.loopback_allowed = true;
  } else if (!home.by_settings) {
    policy.loopback_allowed = false;
  }
  return policy;
}

}  // namespace

RelayClient::RelayClient(EventLoop& loop, WorkerPool& workers, messaging::peering::Relayed& relayed,
                         AddressPolicy policy)
    : loop_(loop), workers_(workers), relayed_(relayed), policy_(policy), tick_(loop, [this] {
        on_tick();
      }) {}

RelayClient::~RelayClient() { stop(); }

void RelayClient::start() {
  running_ = true;
  relayed_.on_change([this](messaging::peering::Relayed::Change change, base::AccountId account) {
    loop_.post([this, change, account] { on_change(change, account); });
  });
  follow();
}

void RelayClient::stop() {
  running_ = false;
  relayed_.on_change({});
  tick_.disarm();
  links_.clear();
}

void RelayClient::on_change(messaging::peering::Relayed::Change change, base::AccountId account) {
  if (!running_) return;
  if (change == messaging::peering::Relayed::Change::accounts) return follow();
  const auto link = links_.find(account);
  if (link != links_.end()) link->second->keys_changed();
}

void RelayClient::follow() {
  std::map<base::AccountId, std::unique_ptr<RelayLink>> before = std::move(links_);
  links_.clear();
  for (messaging::peering::RelayAccount& account : relayed_.accounts()) {
    const auto known = before.find(account.account);
    if (known != before.end() && known->second->home() == account.home) {
      links_[account.account] = std::move(known->second);
      before.erase(known);
      continue;
    }
    const base::AccountId id = account.account;
    const AddressPolicy policy = policy_for(policy_, account.home);
    std::unique_ptr<CurlLoop>& curl = curls_[policy.loopback_allowed];
    if (!curl) curl = std::make_unique<CurlLoop>(loop_);
    if (known != before.end()) before.erase(known);
    links_[id] = std::make_unique<RelayLink>(RelayLink::Around{loop_, workers_, *curl, relayed_},
                                             std::move(account), policy);
    links_[id]->try_now();
  }
  for (const auto& [account, link] : before) relayed_.link_changed(account, false, {});
  if (!links_.empty() && !tick_.armed()) tick_.arm(kLinkTick);
}

void RelayClient::on_tick() {
  if (!running_ || links_.empty()) return;
  tick_.arm(kLinkTick);
  for (auto& [account, link] : links_) link->tick();
  relayed_.expire_waiting();
}

}  // namespace gateway
