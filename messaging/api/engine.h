// Engine: messaging as one object. Owns the accounts' rules, the delivery of what waits and the
// opening of what arrives; borrows the store, the transport and the clock, which outlive it.
//
// Everything may be called from any thread. Events of a commit are handed to the listener on the
// store's writer thread, in log order, before the writes of that commit are answered.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "messaging/api/accounts.h"
#include "messaging/api/channels.h"
#include "messaging/api/chats.h"
#include "messaging/api/contacts.h"
#include "messaging/api/device_manifests.h"
#include "messaging/api/device_requests.h"
#include "messaging/api/files.h"
#include "messaging/api/groups.h"
#include "messaging/api/messages.h"
#include "messaging/api/opening.h"
#include "messaging/api/protected_files.h"
#include "messaging/api/securejoin.h"
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

namespace messaging {

struct Parts;

class Engine : public peering::Mailroom {
 public:
  // Makes account 1 when there is none. No delivery runs before start().
  static base::Result<std::unique_ptr<Engine>> open(store::Store& store,
                                                    peering::DepositTransport& transport,
                                                    const base::Clock& clock,
                                                    kernel::EngineOptions options);
  ~Engine() override;

  void on_events(EventListener listener);  // before start()
  // What this machine does for contacts; outlives this. Before start().
  void set_device(kernel::Device& device);
  void start();  // delivery begins
  void stop();   // delivery ends; what waits stays in the outbox

  // Envelopes that arrived over HTTP. The same as the local transport's way in.
  void accept(peering::Arrival arrival, base::Completion<peering::ArrivalReply> done) override;

  Accounts& accounts();
  Config& config();
  Contacts& contacts();
  Chats& chats();
  Groups& groups();
  Messages& messages();
  SecureJoin& securejoin();
  Files& files();
  peering::Relayed& relayed();
  Channels& channels();
  ProtectedFiles& protected_files();
  DeviceManifests& device_manifests();
  DeviceRequests& device_requests();

  // The accounts whose removal these events tell of.
  std::vector<AccountId> gone(std::span<const Event> events) const;

  // Tells whoever listens of something about the daemon as a whole: a Warning of account 0.
  void warn(std::string text);

  // The durable log, for replay. Of an account that was removed nothing but AccountsChanged is
  // replayed.
  base::Result<EventId> newest_event() const;
  // A page of the log with channels, narrowed down; and what comes before anything live.
  base::Result<store::EventPage<Event>> log_page(store::LogQuery query) const;
  base::Result<Opening> opening(const OpeningQuery& query) const;
  // The same little by little.
  base::Result<OpeningRead> begin_opening(const OpeningQuery& query) const;

 private:
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace messaging
