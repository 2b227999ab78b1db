#include "gateway/daemon/daemon.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "base/disk_error.h"
#include "base/log.h"
#include "gateway/auth/gatekeeper.h"
#include "gateway/commands/chat_commands.h"
#include "gateway/commands/command_service.h"
#include "gateway/config/setting_uses.h"
#include "gateway/daemon/first_account.h"
#include "gateway/daemon/mail_part.h"
#include "gateway/daemon/peer_port.h"
#include "gateway/endpoints/endpoints.h"
#include "gateway/hub/hub.h"
#include "gateway/hub/hub_streams.h"
#include "gateway/hub/log_source.h"
#include "gateway/license/license.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/file_watch.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/metrics/call_figures.h"
#include "gateway/metrics/exposition.h"
#include "gateway/peer/counted_transport.h"
#include "gateway/peer/deposit_endpoint.h"
#include "gateway/peer/http_transport.h"
#include "gateway/process/notify.h"
#include "gateway/process/plain_files.h"
#include "gateway/process/signals.h"
#include "gateway/process/stdio.h"
#include "gateway/process/trim.h"
#include "gateway/process/version.h"
#include "gateway/relay/client.h"
#include "gateway/relay/relay_part.h"
#include "gateway/server/server.h"
#include "gateway/tls/certificate.h"
#include "gateway/transfer/local_port.h"
#include "gateway/viewer/fingerprint.h"
#include "gateway/viewer/sessions.h"
#include "messaging/api/engine.h"
#include "messaging/peering/relayed.h"
#include "rpc/service.h"
#include "store/disk_room.h"
#include "store/schema/migrations.h"
#include "store/store.h"

namespace gateway {
namespace {

constexpr base::Millis kStopGrace = 3'000;         // for running requests
constexpr base::Millis kStopLimit = 4'500;         // for everything
constexpr base::Millis kTrimAfter = 900;           // the first answers come first
constexpr std::uintmax_t kLeastDisk = 256 * 1024;  // with less a message may not find room

}  // namespace

// In the order in which they are made; C++ takes them down from the last to the first.
struct Daemon::Parts {
  Settings settings;
  Surroundings surroundings;
  base::SystemClock clock;
  std::unique_ptr<commands::Launcher> launcher;  // with --commands
  std::unique_ptr<store::Store> store;
  std::unique_ptr<EventLoop> loop;
  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<HeapTrimmer> trimmer;
  std::unique_ptr<HttpTransport> transport;
  std::unique_ptr<CountedTransport> counted_transport;
  std::unique_ptr<MailPart> mail;
  std::unique_ptr<commands::ChatCommands> chat_commands;
  transfer::LocalPort transfer_port;
  std::unique_ptr<messaging::Engine> engine;
  std::unique_ptr<FirstAccount> first_account;  // with --mail-account
  CallFigures call_figures{rpc::method_table()};
  std::unique_ptr<DeviceFingerprint> fingerprint;
  std::unique_ptr<License> license;
  std::unique_ptr<rpc::Service> service;
  std::unique_ptr<LogSource> log_source;
  std::unique_ptr<Hub> hub;
  std::unique_ptr<HubStreams> streams;
  std::unique_ptr<commands::CommandService> command_service;  // with --commands
  std::unique_ptr<KeyRing> keys;                              // null without --api-keys
  std::unique_ptr<FileWatch> keys_watch;
  std::unique_ptr<Timer> keys_expiry;
  std::unique_ptr<Gatekeeper> gatekeeper;
  std::unique_ptr<RelayPart> relay;  // with --relay
  std::unique_ptr<RelayClient> relay_client;
  std::shared_ptr<Certificate> certificate;  // null: plain HTTP
  std::unique_ptr<ViewerSessions> viewers;
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<WebSockets> sockets;
  std::unique_ptr<Signals> signals;
  std::unique_ptr<Timer> stop_limit;
  std::unique_ptr<Timer> trim;
  std::unique_ptr<PlainFiles> plain_files;
  std::unique_ptr<Stdio> stdio;
  std::string listening;       // HOST:PORT as bound; "": peers alone are served
  std::string peer_listening;  // "": at the same
  bool stopping = false;       // the loop's

  base::Result<> try_addresses();
  base::Result<> open_store();
  base::Result<> open_keys();
  void read_keys_again();
  void expire_keys();
  void read_files_again();
  base::Result<> bind();
  base::Result<> open_engine();
  base::Result<> open_relay(const PeerUrl& url);
  base::Result<> open_commands();
  base::Result<> open_command_service();
  base::Result<> read_license();
  void add_routes();
  std::vector<std::string> why_not_ready() const;
  void start_stdio();
  void stop(std::string_view why);
  void take_down();
};

// Whether the addresses are free. With an existing store bind() finds that out later: a second
// daemon on the same store gets the error about the store, which says more than one about the port.
base::Result<> Daemon::Parts::try_addresses() {
  HttpServer probe(*loop, *workers);
  if (settings.serves_http) EDGE_CHECK(probe.listen(settings.listen));
  if (settings.peer_listen) {
    EDGE_CHECK(probe.listen(*settings.peer_listen, ListenerKind::peer));
  }
  return {};
}

// A start that cannot serve makes no store.
base::Result<> Daemon::Parts::open_store() {
  std::error_code unknown;
  const bool is_new = !std::filesystem::exists(settings.accounts / "store.db", unknown);
  if (is_new) EDGE_CHECK(try_addresses());
  store::StoreOptions options;
  options.dir = settings.accounts;
  options.key = key_source(settings.key);
  options.migrations = store::migrations();
  options.clock = &clock;
  options.expected_names = names_in_accounts(settings);
  if (surroundings.variable("PRIVITTY_TEST_SEALING_OFF") == "1") {
    // For the test that searches the disk for known texts: it has to be able to find them.
    base::log::error("PRIVITTY_TEST_SEALING_OFF: what is stored now can be read by anyone");
    options.sealing_off_for_tests = true;
  }
  EDGE_TRY(store, store::Store::open(std::move(options)));
  if (is_new) {
    base::log::info("made a new, empty accounts directory at {}", settings.accounts.string());
  }
  if (settings.key.beside_store) {
    base::log::info(
        "the store's key lies beside the store, in {}: whoever takes the disk can open it; "
        "--key-file or --passphrase-file keep it elsewhere (privitty-edge rekey changes it)",
        settings.key.key_file.string());
  }
  if (const auto health = store->health().state(); health.writes_refused) {
    base::log::error("the store can only be read: {}", health.reason);
  }
  return {};
}

base::Result<> Daemon::Parts::open_keys() {
  if (settings.api_keys) {
    EDGE_TRY(keys, KeyRing::open(*settings.api_keys, clock));
    if (keys->size() == 0) {
      base::log::warning("there are no API keys yet, so nobody is served: privitty-edge keys add");
    }
    keys_watch = std::make_unique<FileWatch>(*loop, keys->path(), [this] { read_keys_again(); });
    keys_expiry = std::make_unique<Timer>(*loop, [this] { expire_keys(); });
    expire_keys();
  }
  gatekeeper = std::make_unique<Gatekeeper>(
      keys.get(), clock, GatekeeperOptions{.allow_anonymous = settings.allow_anonymous});
  return {};
}

void Daemon::Parts::read_keys_again() {
  if (const auto read = keys->reload(); read) {
    base::log::info("API keys were read again: {} now", keys->size());
  } else {
    base::log::error("{}; the keys stay as they were", read.error().message);
  }
  expire_keys();
}

// Streams that a key has open end with it.
void Daemon::Parts::expire_keys() {
  constexpr base::Millis kLongest = 3'600'000;  // the wall clock may be set meanwhile
  const auto next = keys->expire();
  if (hub) hub->close_ended();
  if (command_service) command_service->close_ended();
  if (sockets) sockets->close_ended();
  if (next) keys_expiry->arm(std::clamp<base::Millis>(*next - clock.now(), 1'000, kLongest));
}

void Daemon::Parts::read_files_again() {
  if (keys) read_keys_again();
  if (command_service) {
    if (const auto read = command_service->reload(); !read) {
      base::log::error("{}; the old list of commands stays in force", read.error().message);
    }
  }
  if (!certificate) return;
  if (const auto read = certificate->reload(); read) {
    base::log::info("the certificate was read again");
  } else {
    base::log::error("{}; the old certificate stays in use", read.error().message);
  }
}

base::Result<> Daemon::Parts::bind() {
  EDGE_CHECK(open_keys());
  HttpOptions options;
  options.gatekeeper = gatekeeper.get();
  if (settings.public_url) options.guard.hosts.push_back(settings.public_url->host);
  options.guard.hosts.push_back(surroundings.host_name);  // what invites name for a wildcard
  for (const auto& host : settings.allow_hosts) options.guard.hosts.push_back(host);
  options.guard.origins = settings.cors.origins;
  options.guard.any_origin = settings.cors.any;
  options.max_connections = settings.max_connections;
  options.max_connections_per_address = settings.max_connections_per_address.value_or(0);
  options.local_addresses_too = settings.max_connections_per_address.has_value();
  options.requests = settings.request_limits;
  trimmer = std::make_unique<HeapTrimmer>(*loop, *workers);
  options.freed = [this](std::size_t bytes) { trimmer->freed(bytes); };
  if (settings.tls) {
    EDGE_TRY(certificate, Certificate::load(*settings.tls));
    options.certificate = certificate;
  }
  server = std::make_unique<HttpServer>(*loop, *workers, std::move(options));
  if (settings.serves_http) {
    EDGE_TRY(listening, server->listen(settings.listen));
  }
  if (settings.peer_listen) {
    EDGE_TRY(peer_listening, server->listen(*settings.peer_listen, ListenerKind::peer));
  } else if (!settings.serves_http) {
    EDGE_TRY(peer_listening, listen_at_kept_port(*server, settings.accounts));
  }
  return {};
}

base::Result<> Daemon::Parts::open_engine() {
  EDGE_TRY(const HostPort bound,
           parse_host_port(peer_listening.empty() ? listening : peer_listening));
  const PeerUrl url = public_url_for(settings, bound, surroundings);
  // Ours is where peers reach us: behind a relay the address listened on says nothing.
  const std::string& reached = settings.relay_url ? settings.relay_url->host : url.host;
  const AddressPolicy addresses{.loopback_allowed = is_loopback_host(reached),
                                .public_only = settings.peers_public_only};
  transport->set_addresses(addresses);
  messaging::kernel::EngineOptions options;
  options.profile = settings.profile;
  options.host = settings.public_url ? settings.public_url->host : surroundings.host_name;
  options.public_urls = {url.text()};
  options.version = version();
  options.expire_after = settings.expire_after;
  options.paths = path_rules(settings);
  options.accounts_by_clients = settings.stdio;
  if (settings.relay_url) options.relay_url = settings.relay_url->text();
  EDGE_TRY(options.relay_token, read_relay_token(settings.relay_token_file));
  EDGE_TRY(options.ice_servers, read_ice_servers(settings.ice_servers_file));
  options.first_by_mail = !settings.mail_account.empty();
  EDGE_TRY(engine, messaging::Engine::open(*store, *counted_transport, clock, std::move(options),
                                           mail->transport()));
  if (mail->transport() != nullptr) mail->transport()->set_receiver(*engine->mail_receiver());
  if (!settings.mail_account.empty() && !settings.stdio) {
    first_account = std::make_unique<FirstAccount>(*loop, *engine, settings.mail_account);
  }
  engine->set_transfer_port(transfer_port);

  rpc::Executor executor = [this](const std::string& party, base::UniqueFunction<void()> task) {
    // A pool that has stopped must not lose an answer: the loop runs it, late but surely.
    if (!workers->submit_rest(party, std::move(task))) loop->post(std::move(task));
  };
  service = std::make_unique<rpc::Service>(engine.get(), clock, std::move(executor),
                                           rpc::method_table(), &call_figures);
  service->set_licensing(*license);
  service->on_much_freed([this] { loop->post([this] { trimmer->freed(HeapTrimmer::kMuch); }); });
  log_source = std::make_unique<LogSource>(*engine);
  EDGE_TRY(hub, Hub::start(*log_source, *workers, clock));
  streams = std::make_unique<HubStreams>(*hub);
  service->set_streams(*streams);
  engine->realtime().on_events([this](const messaging::Event& event) {
    service->on_events({&event, 1});
  });
  engine->on_events([this](std::span<const messaging::Event> events) {
    service->on_events(events);
    hub->publish(frames_of(events));
    for (const base::AccountId account : engine->gone(events)) hub->forget(account);
  });
  relay_client = std::make_unique<RelayClient>(*loop, *workers, engine->relayed(), addresses);
  return open_relay(url);
}

base::Result<> Daemon::Parts::open_commands() {
  EDGE_CHECK(open_command_service());
  commands::ChatCommandOptions options;
  options.version = std::string(version());
  options.may_protect = [this] { return license->check(); };
  chat_commands = std::make_unique<commands::ChatCommands>(*engine, command_service.get(), *workers,
                                                           clock, std::move(options));
  engine->set_device(*chat_commands);
  return {};
}

base::Result<> Daemon::Parts::open_command_service() {
  if (!settings.commands) return {};
  commands::CommandOptions options{
      .file = *settings.commands,
      .dir = settings.accounts.string(),
      .hidden = hidden_from_commands(settings),
      .warn = [this](std::string text) { engine->warn(std::move(text)); }};
  EDGE_TRY(command_service, commands::CommandService::open(*launcher, store->vault(), *workers,
                                                           clock, std::move(options)));
  command_service->on_reload([this] { engine->device_manifests().send_to_all(); });
  service->set_commands(*command_service);
  return {};
}

base::Result<> Daemon::Parts::open_relay(const PeerUrl& url) {
  if (!settings.relay) return {};
  RelayOptions options;
  options.url = url.text();
  options.dir = settings.accounts;
  options.open = settings.relay_open;
  options.limits.set_sizes(settings.relay_max_mib, settings.relay_mailbox_mib);
  EDGE_TRY(relay, RelayPart::open({*store, *loop, *workers, *engine, clock}, std::move(options)));
  base::log::info("this is a relay: devices reach it as --relay-url {}{}", url.text(),
                  settings.relay_open ? "" : ", with a token by privitty-edge relay admit NAME");
  return {};
}

// A license that cannot be had keeps nothing from starting: what needs it says so when it is
// called.
base::Result<> Daemon::Parts::read_license() {
  LicensePlace place{settings.accounts, settings.license_issuer, ""};
  if (place.issuer) {
    EDGE_TRY(place.fingerprint, fingerprint->get());
  }
  license = std::make_unique<License>(std::move(place), clock);
  if (!license->required()) return {};
  (void)license->reload();
  if (license->installed() && !license->why().empty()) {
    base::log::warning("license: {}", license->why());
  }
  if (!license->installed() && !settings.license_url.empty()) {
    if (auto got = license->activate(settings.license_url); !got) {
      base::log::warning("no license: {}", got.error().message);
    }
  }
  base::log::info("license: {}", word_of(license->word()));
  return {};
}

void Daemon::Parts::add_routes() {
  auto& routes = server->routes();
  const RpcEndpointOptions calls{.restricted_paths = settings.restricted_paths()};
  add_rpc_endpoint(routes, *service, calls);
  sockets = std::make_unique<WebSockets>(*loop, *workers, *service, *hub, server->limits());
  add_websocket_endpoint(routes, *sockets, gatekeeper->tickets(), calls);
  add_events_endpoint(routes, *hub, &gatekeeper->tickets());
  add_publish_endpoint(routes, *service);
  add_health_endpoint(routes, std::string(version()), [this] { return why_not_ready(); });
  const MetricsSources figures{&call_figures,           server.get(),     hub.get(),
                               workers.get(),           service.get(),    store.get(),
                               counted_transport.get(), gatekeeper.get(), relay.get(),
                               command_service.get(),   sockets.get(),    engine->mail_accounts()};
  add_metrics_endpoint(routes, [figures] { return metrics_text(figures); });
  FileFunctions files;
  files.open = [this](base::AccountId account, base::MsgId message) {
    return engine->files().open_unprotected(account, message);
  };
  files.begin = [this](base::AccountId account, std::string_view name) {
    return engine->files().begin_upload(account, std::string(name));
  };
  add_file_endpoint(routes, std::move(files));
  add_viewer_endpoint(routes, *viewers, [this](base::AccountId account, base::MsgId message) {
    return engine->protected_files().open(account, message);
  });
  if (command_service) add_project_endpoints(routes, *command_service, gatekeeper->tickets());
  if (relay) {
    relay->add_routes(routes, clock);
  } else {
    add_deposit_endpoint(routes, *engine, clock);
  }
}

std::vector<std::string> Daemon::Parts::why_not_ready() const {
  std::vector<std::string> out;
  if (stopping) out.emplace_back("stopping");
  if (store->health().writes_refused()) out.push_back(store->health().state().reason);
  if (relay && relay->health().writes_refused()) out.push_back(relay->health().state().reason);
  if (auto loss = store->health().loss(); !loss.empty()) out.push_back(std::move(loss));
  if (relay) {
    if (auto loss = relay->health().loss(); !loss.empty()) out.push_back(std::move(loss));
  }
  std::error_code unknown;
  const auto disk = std::filesystem::space(settings.accounts, unknown);
  if (!unknown && disk.available < kLeastDisk) {
    out.emplace_back(
        "the disk of the accounts folder is full: sending is refused until there is room");
  }
  if (store::room_to_grow(store->database_path()) < kLeastDisk) {
    out.push_back(store->database_path() +
                  " may hardly grow further, and then sending is refused: " +
                  std::string(base::kFileLimitAdvice) + " and start again");
  }
  return out;
}

void Daemon::Parts::start_stdio() {
  const StdioOptions options{.restricted_paths = settings.restricted_paths(),
                             .files = plain_files.get()};
  stdio = std::make_unique<Stdio>(*service, options, STDIN_FILENO, STDOUT_FILENO,
                                  [this] { loop->post([this] { stop("the input ended"); }); });
}

// On the loop. What is parked is answered, running requests end, the streams close, the loop stops.
void Daemon::Parts::stop(std::string_view why) {
  if (stopping) return;
  stopping = true;
  base::log::info("stopping: {}", why);
  notify_service_manager(surroundings, "STOPPING=1");
  stop_limit = std::make_unique<Timer>(*loop, [this] {
    base::log::warning("requests still run; stopping without them");
    loop->stop();
  });
  stop_limit->arm(kStopLimit);
  transport->close();
  // When the last connection has closed, of either kind.
  const auto closed = [this, kinds = std::make_shared<int>(2)] {
    if (--*kinds == 0) loop->stop();
  };
  sockets->stop(closed);
  service->stop();
  hub->stop();
  if (command_service) command_service->begin_stop();
  relay_client->stop();
  if (relay) relay->stop_streams();
  server->stop(kStopGrace, closed);
}

// After the loop has ended: no call arrives any more. The last commits still pass their events to
// the service and the hub, which are therefore destroyed after the writer.
void Daemon::Parts::take_down() {
  first_account.reset();
  workers->stop();
  if (command_service) command_service->stop();
  mail->stop();
  engine->stop();
  if (relay) relay->stop();
  store->stop();
  if (stdio) stdio->finish();  // after the last commit's answer
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Daemon::~Daemon() = default;

base::Result<std::unique_ptr<Daemon>> Daemon::build(Settings settings, Surroundings surroundings,
                                                    std::unique_ptr<commands::Launcher> launcher) {
  auto parts = std::make_unique<Parts>();
  parts->launcher = std::move(launcher);
  parts->settings = std::move(settings);
  parts->surroundings = std::move(surroundings);
  raise_fd_limit();
  EDGE_TRY(parts->loop, EventLoop::create(parts->clock));
  parts->workers = std::make_unique<WorkerPool>(parts->settings.workers);
  EDGE_CHECK(parts->open_store());
  parts->fingerprint = std::make_unique<DeviceFingerprint>(parts->settings.accounts);
  EDGE_CHECK(parts->read_license());
  parts->viewers = std::make_unique<ViewerSessions>(
      [own = parts->fingerprint.get()] { return own->get(); }, parts->clock);
  HttpTransportOptions outgoing;
  outgoing.ca_file = parts->surroundings.variable("SSL_CERT_FILE").value_or("");
  parts->transport = std::make_unique<HttpTransport>(*parts->loop, std::move(outgoing));
  parts->counted_transport = std::make_unique<CountedTransport>(*parts->transport);
  EDGE_TRY(parts->mail, MailPart::make(parts->clock,
                                       parts->surroundings.variable("SSL_CERT_FILE").value_or("")));
  EDGE_CHECK(parts->bind());
  EDGE_CHECK(parts->open_engine());
  EDGE_CHECK(parts->open_commands());
  if (parts->settings.stdio) {
    EDGE_TRY(parts->plain_files,
             PlainFiles::make(*parts->engine, parts->surroundings, parts->settings.accounts));
  }
  parts->add_routes();
  Parts* const raw = parts.get();
  EDGE_TRY(parts->signals, Signals::watch(*parts->loop, [raw](int signal) {
             if (signal == SIGHUP) return raw->read_files_again();
             raw->stop(signal == SIGINT ? "SIGINT" : signal == SIGQUIT ? "SIGQUIT" : "SIGTERM");
           }));
  return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

base::Result<> Daemon::run() {
  EDGE_CHECK(parts_->server->start());
  parts_->engine->start();
  if (parts_->first_account) parts_->first_account->start();
  parts_->chat_commands->start();
  parts_->relay_client->start();
  notify_service_manager(parts_->surroundings, "READY=1");
  const char* const scheme = parts_->certificate ? "https" : "http";
  if (!parts_->peer_listening.empty()) {
    base::log::info("peers alone are served on {}://{}", scheme, parts_->peer_listening);
  }
  // Not a log line: programs wait for it whatever the log level.
  if (!parts_->listening.empty()) {
    std::fprintf(stderr, "listening on %s://%s\n", scheme, parts_->listening.c_str());
  }
  if (parts_->settings.stdio) parts_->start_stdio();
  parts_->trim = std::make_unique<Timer>(*parts_->loop, &trim_after_start);
  parts_->trim->arm(kTrimAfter);
  parts_->loop->run();
  parts_->take_down();
  base::log::info("stopped");
  if (parts_->stdio && parts_->stdio->lost_output()) {
    return base::fail(base::Errc::io, "standard output could not be written: answers are lost");
  }
  return {};
}

}  // namespace gateway
