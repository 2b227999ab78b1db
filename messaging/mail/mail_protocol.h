// MailProtocol: e-mail with OpenPGP, as Delta Chat speaks it, as a Protocol. A contact is linked
// once its certificate is known; a mail is made when it is sent and is delivered when the server
// has accepted it. Its parts are those of this folder.
#pragma once

#include <functional>
#include <set>
#include <utility>

#include "base/budget.h"
#include "base/mutex.h"
#include "messaging/kernel/protocol.h"
#include "messaging/mail/kept_mails.h"
#include "messaging/mail/mail_carrier.h"
#include "messaging/mail/mail_downloads.h"
#include "messaging/mail/mail_intake.h"
#include "messaging/mail/mail_transport.h"
#include "messaging/mail/mail_workers.h"
#include "messaging/mail/own_keys.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::mail {

class MailProtocol final : public kernel::Protocol {
 public:
  // `transport` may be null: accounts are there, and nothing is sent or received.
  MailProtocol(kernel::Core& core, MailTransport* transport)
      : core_(core),
        carrier_(core, transport, keys_, workers_),
        downloads_(core, transport, workers_),
        intake_(core, keys_, workers_, downloads_),
        kept_(core, transport) {}

  std::string_view name() const override { return "e-mail"; }
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

  base::Result<std::optional<KeyFile>> export_key(const store::Scope& scope,
                                                  const kernel::AccountState& account) override;
  base::Result<bool> import_key(const kernel::WriteContext& write, base::ByteView text) override;

  base::Result<std::string> card_key(const store::ContactRow& contact) override;
  base::Result<std::optional<base::ContactId>> contact_of_card(const kernel::WriteContext& write,
                                                               const Vcard& card) override;

  base::Result<bool> has_other_devices(const kernel::WriteContext& write) override;
  base::Result<bool> expect_other_device(const kernel::WriteContext& write) override;
  base::Result<> sync_devices(const kernel::WriteContext& write,
                              const kernel::DeviceNews& news) override;

  base::Result<> show_ways(const kernel::WriteContext& write, std::optional<base::ChatId> group,
                           MemberCard& ours) override;
  base::Result<> take_ways(const kernel::WriteContext& write, store::ContactRow& contact,
                           const MemberCard& card) override;
  base::Result<> meet(const kernel::WriteContext& write, base::ContactId contact,
                      const GroupId& group, const MemberCard& card) override;
  base::Result<> close_ways(const kernel::WriteContext& write, base::ChatId group) override;

  base::Result<> download(const kernel::WriteContext& write,
                          const store::MessageRow& message) override {
    return downloads_.want(write, message);
  }

  base::Result<std::unique_ptr<kernel::Load>> load(RouteKey route) override {
    return carrier_.load(route);
  }
  void carry(RouteKey route, std::unique_ptr<kernel::Load> load, int failures,
             Carried done) override {
    carrier_.carry(route, std::move(load), failures, std::move(done));
  }
  bool step() override { return false; }
  void on_step(std::function<void()>) override {}
  base::Result<std::string> place(const store::Scope& scope, std::int64_t route) override;

  base::Result<std::int64_t> run_maintenance(const kernel::WriteContext& write,
                                             bool may_expire) override;
  void retry_arrivals(base::AccountId) override {}
  void forget(base::AccountId account) override {
    keys_.forget(account);
    carrier_.forget(account);
  }

  OwnKeys& keys() { return keys_; }
  // Whether the rate limit allows one more answer to requests by this invite. A request names the
  // address that its answer goes to, which may be anybody's. Any thread.
  bool answers_request(base::AccountId account, std::int64_t invite);
  // Whether the rate limit allows the channel's last posts to be sent once more to a reader who
  // joins again. Resists a reader who joins and leaves all the time.
  bool welcomes(base::AccountId account, base::ChatId channel, base::ContactId reader);
  // Called on the writer's thread when an account's lines have to follow what was stored: other
  // devices read its mailboxes from now on, or changed its logins; `ended`: rows of logins that
  // were deleted. Set before the start.
  using LinesChanged = std::function<void(base::AccountId, const std::vector<std::int64_t>& ended)>;
  void on_lines_changed(LinesChanged changed) { lines_changed_ = std::move(changed); }
  void lines_changed(base::AccountId account, const std::vector<std::int64_t>& ended = {}) const {
    if (lines_changed_) lines_changed_(account, ended);
  }
  MailReceiver& receiver() { return intake_; }
  void stop() override { workers_.stop(); }

 private:
  static constexpr base::BudgetRule kRequests{.per_second = 60.0 / 3600, .burst = 60};
  static constexpr base::BudgetRule kWelcomes{.per_second = 1.0 / 3600, .burst = 3};

  kernel::Core& core_;
  base::Mutex mutex_;
  base::Budget<std::string> requests_ GUARDED_BY(mutex_){kRequests};
  base::Budget<std::string> welcomes_ GUARDED_BY(mutex_){kWelcomes};
  // Groups that something was sent to, whose channels have their secrets.
  std::set<std::pair<base::AccountId, GroupId>> met_ GUARDED_BY(mutex_);
  LinesChanged lines_changed_;
  OwnKeys keys_;
  MailCarrier carrier_;
  MailDownloads downloads_;
  MailIntake intake_;
  KeptMails kept_;
  MailWorkers workers_;  // last: its jobs use the others
};

// The one in the table of protocols.
MailProtocol& mail_protocol(kernel::Core& core);

}  // namespace messaging::mail
