#include "messaging/api/engine.h"

#include "base/log.h"
#include "messaging/api/account_landing.h"
#include "messaging/api/account_removal.h"
#include "messaging/api/account_setup.h"
#include "messaging/api/parts.h"
#include "store/tables/file_accesses.h"
#include "store/tables/steady_times.h"

namespace messaging {

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Engine::~Engine() { stop(); }

base::Result<std::unique_ptr<Engine>> Engine::open(store::Store& store,
                                                   peering::DepositTransport& transport,
                                                   const base::Clock& clock,
                                                   kernel::EngineOptions options,
                                                   mail::MailTransport* mails) {
  auto parts = std::make_unique<Parts>(store, transport, clock, std::move(options), mails);
  kernel::Core& core = parts->core;
  {
    EDGE_TRY(store::Reader reader, store.read());
    EDGE_TRY(const auto saved, store::find_steady_time(reader.connection()));
    if (saved) {
      core.steady = std::make_unique<kernel::SteadyTime>(
          clock, kernel::SteadyTime::Saved{saved->steady, saved->wall, saved->doubtful_off,
                                           saved->suspect, saved->trusted});
    }
  }
  if (!store.health().writes_refused()) {
    EDGE_CHECK(store.write_now<void>([](store::Tx& tx) { return peering::Relayed::prepare(tx); }));
  }
  EDGE_CHECK(undo_landings(core));
  EDGE_TRY(const std::size_t accounts, load_accounts(core));
  if (accounts == 0 && !core.options.accounts_by_clients) {
    auto made = store.write_now<kernel::AccountPtr>([&](store::Tx& tx) {
      return make_account(core, tx,
                          {.profile = core.options.profile,
                           .display_name = core.options.profile,
                           .numbered = false,
                           .configured = !core.options.first_by_mail});
    });
    if (!made) return std::move(made).error().with_context("making account 1");
  } else if (auto tidied = tidy_files(core); accounts > 0 && !tidied) {
    // Orphaned files do no harm; the next start retries.
    base::log::warning("unused files were not looked for: {}", tidied.error().message);
  }
  return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

void Engine::on_events(EventListener listener) { parts_->core.listener = std::move(listener); }

void Engine::set_device(kernel::Device& device) { parts_->core.device = &device; }

void Engine::set_transfer_port(TransferPort& port) { parts_->transfers.set_port(port); }

mail::MailReceiver* Engine::mail_receiver() { return parts_->mail_receiver; }
mail::MailAccounts* Engine::mail_accounts() { return parts_->mail_accounts.get(); }

void Engine::start() {
  parts_->start();
  if (auto resumed = resume_removals(parts_->core); !resumed) {
    base::log::warning("removed accounts were not looked for: {}", resumed.error().message);
  }
}

void Engine::stop() { parts_->stop(); }

void Engine::accept(peering::Arrival arrival, base::Completion<peering::ArrivalReply> done) {
  parts_->incoming.accept(std::move(arrival), std::move(done));
}

Accounts& Engine::accounts() { return parts_->accounts; }
Config& Engine::config() { return parts_->config; }
Contacts& Engine::contacts() { return parts_->contacts; }
Chats& Engine::chats() { return parts_->chats; }
Groups& Engine::groups() { return parts_->groups; }
Messages& Engine::messages() { return parts_->messages; }
Calls& Engine::calls() { return parts_->calls; }
LocationTrack& Engine::locations() { return parts_->locations; }
Stickers& Engine::stickers() { return parts_->stickers; }
Webxdc& Engine::webxdc() { return parts_->webxdc; }
Realtime& Engine::realtime() { return parts_->realtime; }
SecureJoin& Engine::securejoin() { return parts_->securejoin; }
Files& Engine::files() { return parts_->files; }
peering::Relayed& Engine::relayed() { return parts_->relayed; }
Channels& Engine::channels() { return parts_->channels; }
ProtectedFiles& Engine::protected_files() { return parts_->protected_files; }
DeviceManifests& Engine::device_manifests() { return parts_->device_manifests; }
IdentityFiles& Engine::identity_files() { return parts_->identity_files; }
Transfers& Engine::transfers() { return parts_->transfers; }
Backups& Engine::backups() { return parts_->backups; }
DeviceRequests& Engine::device_requests() { return parts_->device_requests; }

std::vector<AccountId> Engine::gone(std::span<const Event> events) const {
  std::vector<AccountId> out;
  for (const Event& event : events) {
    if (!std::holds_alternative<AccountsChanged>(event.body)) continue;
    if (event.account.valid() && !parts_->core.directory.get(event.account)) {
      out.push_back(event.account);
    }
  }
  return out;
}

void Engine::warn(std::string text) {
  parts_->core.store.write<void>(
      [text = std::move(text)](store::Tx& tx) -> base::Result<void> {
        return kernel::Core::emit(tx, AccountId(), Warning{text});
      },
      [](base::Result<void> written) {
        if (!written) base::log::warning("a warning was not stored: {}", written.error().message);
      });
}

// Removed accounts by the page's snapshot: the log names a new account before the directory has it.
base::Result<store::EventPage<Event>> Engine::log_page(store::LogQuery query) const {
  query.kept_of_removed = AccountsChanged::kKind;
  EDGE_TRY(const store::LogPage logged, parts_->core.store.log_page(query));
  std::vector<Event> events;
  events.reserve(logged.events.size());
  for (const store::LoggedEvent& entry : logged.events) {
    // An event kind of a later version is skipped, as clients do.
    auto body = decode_event(entry.kind, entry.body);
    if (body) events.push_back({entry.id, entry.account, entry.at, *std::move(body)});
  }
  return logged.with(std::move(events));
}

base::Result<Opening> Engine::opening(const OpeningQuery& query) const {
  return read_opening(parts_->core, query);
}

base::Result<OpeningRead> Engine::begin_opening(const OpeningQuery& query) const {
  return OpeningRead::begin(parts_->core, query);
}

base::Result<EventId> Engine::newest_event() const { return parts_->core.store.newest_event(); }

}  // namespace messaging
