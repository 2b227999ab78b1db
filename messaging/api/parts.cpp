#include "messaging/api/parts.h"

#include <utility>

#include "base/log.h"
#include "messaging/kernel/device.h"
#include "messaging/kernel/file_worker.h"
#include "messaging/protected/protected_access.h"
#ifdef EDGE_MAIL
#include "messaging/api/account_setup.h"
#include "messaging/mail/mail_account_setup.h"
#include "messaging/mail/mail_protocol.h"
#endif
#include "store/tables/calls.h"
#include "store/tables/file_accesses.h"
#include "store/tables/locations.h"
#include "store/tables/message_timers.h"

namespace messaging {
namespace {

// The table of protocols.
kernel::Core& with_protocols(kernel::Core& core, peering::GatewayProtocol& gateways,
                             kernel::Protocol* mail) {
  core.protocols.put(kernel::ProtocolKind::gateway, gateways);
  if (mail != nullptr) core.protocols.put(kernel::ProtocolKind::mail, *mail);
  return core;
}

#ifdef EDGE_MAIL
std::unique_ptr<kernel::Protocol> make_mail_protocol(kernel::Core& core, mail::MailTransport* mails,
                                                     mail::MailReceiver*& receiver) {
  auto protocol = std::make_unique<mail::MailProtocol>(core, mails);
  receiver = &protocol->receiver();
  return protocol;
}

std::unique_ptr<mail::MailAccounts> make_mail_accounts(Parts& parts, mail::MailTransport* mails) {
  auto setup = std::make_unique<mail::MailAccountSetup>(mail::MailAccountSetup::Around{
      parts.core, mails,
      [&parts](AccountId account) -> base::Result<std::function<bool()>> {
        EDGE_TRY(auto operation, parts.ongoing.begin(account));
        auto held = std::make_shared<Ongoing::Operation>(std::move(operation));
        return std::function<bool()>([held] { return held->stop().stop_requested(); });
      },
      &begin_configured, [&parts](AccountId account) { parts.accounts.began(account); }});
  mail::mail_protocol(parts.core)
      .on_lines_changed([setup = setup.get()](AccountId account, const auto& ended) {
        setup->lines_changed(account, ended);
      });
  return setup;
}
#else
std::unique_ptr<mail::MailAccounts> make_mail_accounts(Parts&, mail::MailTransport*) {
  return nullptr;
}

std::unique_ptr<kernel::Protocol> make_mail_protocol(kernel::Core&, mail::MailTransport*,
                                                     mail::MailReceiver*&) {
  return nullptr;
}
#endif

base::Completion<> warn_of(std::string_view what) {
  return [what](const base::Result<>& done) {
    if (!done) base::log::warning("{}: {}", what, done.error().message);
  };
}

}  // namespace

Parts::Parts(store::Store& store, peering::DepositTransport& transport, const base::Clock& clock,
             kernel::EngineOptions options, mail::MailTransport* mails)
    : core(store, clock, std::move(options)),
      incoming(core),
      relayed(core, incoming),
      gateway_protocol(core, transport, incoming),
      mail_protocol(make_mail_protocol(core, mails, mail_receiver)),
      pending_states(core),
      held_contents(core),
      courier(with_protocols(core, gateway_protocol, mail_protocol.get()), pending_states),
      searcher(store),
      accounts(core, courier, incoming, relayed),
      config(core),
      contacts(core),
      chats(core),
      groups(core),
      messages(core, courier, searcher),
      calls(core),
      locations(core),
      stickers(core),
      webxdc(core),
      realtime(core),
      securejoin(core, relayed),
      files(core),
      channels(core),
      protected_files(core),
      device_manifests(core),
      device_requests(core),
      backups(core, courier, relayed, ongoing),
      transfers(core, courier, relayed, accounts, ongoing),
      identity_files(core),
      expiry(
          core,
          {{store::next_due_file_access,
            [this](AccountId account) {
              protected_files.expire(account, warn_of("windows of protected files"));
            }},
           {store::next_expiring_message,
            [this](AccountId account) { messages.expire(account, warn_of("timers of messages")); },
            true},
           {store::next_rung_out_call,
            [this](AccountId account) { calls.expire(account, warn_of("calls that ring")); }},
           {store::next_due_location_stream, [this](AccountId account) {
              locations.expire(account, warn_of("locations that are sent"));
            }}}) {
  mail_accounts = make_mail_accounts(*this, mails);
  if (mail_accounts) {
    accounts.use(*mail_accounts);
    config.use(*mail_accounts);
    backups.use(*mail_accounts);
    transfers.use(*mail_accounts);
  }
  core.signals = this;
  core.at_end_of_relayed_write = [this](store::Tx& tx, AccountId account) {
    return relayed.notice(tx, account);
  };
}

Parts::~Parts() {
  stop();
  core.close();
}

void Parts::start() {
  courier.start();
  expiry.start();
  device_manifests.send_to_all();
  if (mail_accounts) mail_accounts->start();
}

void Parts::stop() {
  courier.stop();
  incoming.stop();
  for (kernel::Protocol* protocol : core.protocols.all()) protocol->stop();
  expiry.stop();
  transfers.stop();
  ongoing.stop_all();
  searcher.stop();
  core.file_worker->stop();
}

void Parts::route_ready(AccountId account, std::int64_t route) { courier.wake(account, route); }
void Parts::receipts_pending(AccountId account, ContactId contact) {
  courier.schedule_receipts(account, contact);
}
void Parts::link_usable(AccountId account, ContactId contact) { courier.release(account, contact); }
void Parts::profile_changed(AccountId account) { courier.send_profile(account); }
void Parts::relay_changed(AccountId account) { relayed.homes_changed(account); }
void Parts::route_answered(AccountId account, std::int64_t route) {
  courier.route_answered(account, route);
}
void Parts::windows_changed(AccountId) { expiry.look(); }
void Parts::access_ended(AccountId account, FileId file) {
  protected_files.open_reads().close(account, file);
}
void Parts::manifest_due(AccountId account, ContactId contact, bool anew) {
  device_manifests.send(account, contact, anew);
}
void Parts::realtime_arrived(AccountId account, ContactId contact, MsgId app, RealtimeKind kind,
                             const base::Bytes& data) {
  realtime.arrived(account, contact, app, kind, data);
}
void Parts::device_asked(AccountId account) {
  if (core.device != nullptr) core.device->request_waits(account);
}
void Parts::states_pending(AccountId account, ChatId chat, ContactId cause) {
  pending_states.begin(account, chat, cause);
}
void Parts::group_changed(AccountId account, const GroupId& group) {
  held_contents.begin(account, group);
}

}  // namespace messaging
