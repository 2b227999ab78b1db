// Parts: the components of messaging, wired together. Engine owns one and is its public interface.
//
// Each part names its dependencies in its constructor; only this file knows all parts. Members are
// in the order of construction: a part calls those above it directly and those below by signals.
#pragma once

#include <memory>

#include "messaging/api/accounts.h"
#include "messaging/api/backups.h"
#include "messaging/api/calls.h"
#include "messaging/api/channels.h"
#include "messaging/api/chats.h"
#include "messaging/api/contacts.h"
#include "messaging/api/device_manifests.h"
#include "messaging/api/device_requests.h"
#include "messaging/api/files.h"
#include "messaging/api/groups.h"
#include "messaging/api/identity_files.h"
#include "messaging/api/locations.h"
#include "messaging/api/messages.h"
#include "messaging/api/ongoing.h"
#include "messaging/api/protected_files.h"
#include "messaging/api/realtime.h"
#include "messaging/api/securejoin.h"
#include "messaging/api/stickers.h"
#include "messaging/api/transfers.h"
#include "messaging/api/webxdc.h"
#include "messaging/delivery/courier.h"
#include "messaging/delivery/expiry.h"
#include "messaging/groups/pending_states.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/signals.h"
#include "messaging/mail/mail_accounts.h"
#include "messaging/mail/mail_transport.h"
#include "messaging/peering/gateway_protocol.h"
#include "messaging/peering/incoming.h"
#include "messaging/peering/relayed.h"
#include "messaging/peering/transport.h"
#include "messaging/receiving/held_contents.h"
#include "store/search/searcher.h"

namespace messaging {

struct Parts final : private kernel::Signals {
  // `mails` may be null: accounts that are reached by mail send and receive nothing then.
  Parts(store::Store& store, peering::DepositTransport& transport, const base::Clock& clock,
        kernel::EngineOptions options, mail::MailTransport* mails = nullptr);
  ~Parts() override;
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  void start();
  void stop();

  kernel::Core core;
  peering::Incoming incoming;
  peering::Relayed relayed;
  peering::GatewayProtocol gateway_protocol;
  mail::MailReceiver* mail_receiver = nullptr;      // of mail_protocol
  std::unique_ptr<kernel::Protocol> mail_protocol;  // null in a build without it
  groups::PendingStates pending_states;
  receiving::HeldContents held_contents;
  delivery::Courier courier;
  store::search::Searcher searcher;

  Accounts accounts;
  Config config;
  Contacts contacts;
  Chats chats;
  Groups groups;
  Messages messages;
  Calls calls;
  LocationTrack locations;
  Stickers stickers;
  Webxdc webxdc;
  Realtime realtime;
  SecureJoin securejoin;
  Files files;
  Channels channels;
  ProtectedFiles protected_files;
  DeviceManifests device_manifests;
  DeviceRequests device_requests;
  Ongoing ongoing;
  Backups backups;
  Transfers transfers;
  IdentityFiles identity_files;
  delivery::Expiry expiry;
  std::unique_ptr<mail::MailAccounts> mail_accounts;  // null in a build without mail

 private:
  void route_ready(AccountId account, std::int64_t route) override;
  void receipts_pending(AccountId account, ContactId contact) override;
  void link_usable(AccountId account, ContactId contact) override;
  void profile_changed(AccountId account) override;
  void relay_changed(AccountId account) override;
  void route_answered(AccountId account, std::int64_t route) override;
  void windows_changed(AccountId account) override;
  void access_ended(AccountId account, FileId file) override;
  void manifest_due(AccountId account, ContactId contact, bool anew) override;
  void device_asked(AccountId account) override;
  void realtime_arrived(AccountId account, ContactId contact, MsgId app, RealtimeKind kind,
                        const base::Bytes& data) override;
  void states_pending(AccountId account, ChatId chat, ContactId cause) override;
  void group_changed(AccountId account, const GroupId& group) override;
};

}  // namespace messaging
