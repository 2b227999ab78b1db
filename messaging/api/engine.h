// Engine: messaging as one object. Owns the features, the delivery of the outbox and the opening of
// arrivals; borrows the store, the transport and the clock, which outlive it.
//
// Safe from any thread. The listener gets the events of a commit on the store's writer thread, in
// the order of the log, before the writes of that commit are answered.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

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
#include "messaging/api/opening.h"
#include "messaging/api/protected_files.h"
#include "messaging/api/realtime.h"
#include "messaging/api/securejoin.h"
#include "messaging/api/stickers.h"
#include "messaging/api/transfers.h"
#include "messaging/api/webxdc.h"
#include "messaging/kernel/engine_options.h"
#include "messaging/model/events.h"
#include "messaging/peering/transport.h"
#include "store/event_page.h"

namespace store {
class Store;
struct LogQuery;
}  // namespace store

namespace messaging::peering {
class Relayed;
}  // namespace messaging::peering
namespace messaging::mail {
class MailAccounts;
class MailReceiver;
class MailTransport;
}  // namespace messaging::mail

namespace messaging {

struct Parts;

class Engine : public peering::Mailroom {
 public:
  // Creates account 1 when there is none. Nothing is delivered before start(). `mails` carries the
  // mails of accounts that are reached by mail, and outlives the engine; null: none are carried.
  static base::Result<std::unique_ptr<Engine>> open(store::Store& store,
                                                    peering::DepositTransport& transport,
                                                    const base::Clock& clock,
                                                    kernel::EngineOptions options,
                                                    mail::MailTransport* mails = nullptr);
  ~Engine() override;

  void on_events(EventListener listener);  // before start()
  // Runs the device commands of contacts; outlives the engine. Call before start().
  void set_device(kernel::Device& device);
  // How accounts go to other gateways and come; outlives this. Before start().
  void set_transfer_port(TransferPort& port);
  // Takes what lies in mailboxes; null in a build without mail.
  mail::MailReceiver* mail_receiver();
  mail::MailAccounts* mail_accounts();  // null in a build without mail
  void start();                         // delivery begins
  void stop();                          // delivery ends; unsent rows stay in the outbox

  // Takes a deposit that arrived over HTTP or through the local transport.
  void accept(peering::Arrival arrival, base::Completion<peering::ArrivalReply> done) override;

  Accounts& accounts();
  Config& config();
  Contacts& contacts();
  Chats& chats();
  Groups& groups();
  Messages& messages();
  Calls& calls();
  LocationTrack& locations();
  Stickers& stickers();
  Webxdc& webxdc();
  Realtime& realtime();
  SecureJoin& securejoin();
  Files& files();
  peering::Relayed& relayed();
  Channels& channels();
  ProtectedFiles& protected_files();
  DeviceManifests& device_manifests();
  DeviceRequests& device_requests();
  Backups& backups();
  Transfers& transfers();
  IdentityFiles& identity_files();

  // The accounts that were removed, according to these events.
  std::vector<AccountId> gone(std::span<const Event> events) const;

  // Emits a Warning about the daemon as a whole (account 0).
  void warn(std::string text);

  // The durable log, for replay. For a removed account only its AccountsChanged event is
  // replayed.
  base::Result<EventId> newest_event() const;
  // A filtered page of the log with channel events; the snapshot that precedes live events.
  base::Result<store::EventPage<Event>> log_page(store::LogQuery query) const;
  base::Result<Opening> opening(const OpeningQuery& query) const;
  // The same snapshot, read in slices.
  base::Result<OpeningRead> begin_opening(const OpeningQuery& query) const;

 private:
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace messaging
