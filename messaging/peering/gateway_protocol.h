// GatewayProtocol: the gateways' own protocol (docs/protocol.md) as a Protocol: sessions with each
// contact, and envelopes that are deposited in the contact's mailbox. Its functions forward to
// those of this folder.
#pragma once

#include "messaging/kernel/protocol.h"
#include "messaging/peering/carrier.h"
#include "messaging/peering/renewal_state.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::peering {

class Incoming;
class DepositTransport;

class GatewayProtocol : public kernel::Protocol {
 public:
  GatewayProtocol(kernel::Core& core, DepositTransport& transport, Incoming& incoming)
      : incoming_(incoming), renewal_(core.clock), carrier_(core, transport, incoming) {}

  std::string_view name() const override { return "the gateways' own protocol"; }
  kernel::Abilities abilities() const override;

  base::Result<std::string> invite_link(const kernel::WriteContext& write,
                                        std::optional<base::ChatId> chat) override;
  base::Result<base::ChatId> join(const kernel::WriteContext& write,
                                  const std::string& link) override;
  base::Result<> toggle_invite(const kernel::WriteContext& write, const std::string& link) override;

  base::Result<bool> prepare(const kernel::WriteContext& write, base::ContactId contact,
                             std::span<store::OutboxRow> rows) override;
  base::Result<> want_link(const kernel::WriteContext& write, base::ContactId contact) override;
  base::Result<> acknowledged(const kernel::WriteContext& write,
                              const store::OutboxRow& row) override;
  base::Result<> send_profile(const kernel::WriteContext& write) override;
  base::Result<> take_profile(const kernel::WriteContext& write, const store::ContactRow& contact,
                              const Profile& profile) override;

  base::Result<> show_ways(const kernel::WriteContext& write, std::optional<base::ChatId> group,
                           MemberCard& ours) override;
  base::Result<> take_ways(const kernel::WriteContext& write, store::ContactRow& contact,
                           const MemberCard& card) override;
  base::Result<> meet(const kernel::WriteContext& write, base::ContactId contact,
                      const GroupId& group, const MemberCard& card) override;
  base::Result<> close_ways(const kernel::WriteContext& write, base::ChatId group) override;

  base::Result<std::unique_ptr<kernel::Load>> load(RouteKey route) override {
    return carrier_.load(route);
  }
  void carry(RouteKey route, std::unique_ptr<kernel::Load> load, int failures,
             Carried done) override {
    carrier_.carry(route, std::move(load), failures, std::move(done));
  }
  bool step() override { return carrier_.step(); }
  void on_step(std::function<void()> due) override { carrier_.on_step(std::move(due)); }
  base::Result<std::string> place(const store::Scope& scope, std::int64_t route) override;

  base::Result<std::int64_t> run_maintenance(const kernel::WriteContext& write,
                                             bool may_expire) override;
  void retry_arrivals(base::AccountId account) override;
  void forget(base::AccountId account) override;

  RenewalState& renewal() { return renewal_; }

 private:
  Incoming& incoming_;
  RenewalState renewal_;
  Carrier carrier_;
};

}  // namespace messaging::peering
