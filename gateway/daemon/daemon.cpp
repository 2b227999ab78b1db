#include "gateway/daemon/daemon.h"

#include <csignal>
#include <cstdio>

#include "base/log.h"
#include "gateway/auth/gatekeeper.h"
#include "gateway/commands/chat_commands.h"
#include "gateway/commands/command_service.h"
#include "gateway/config/setting_uses.h"
#include "gateway/daemon/api_keys.h"
#include "gateway/daemon/engine_options.h"
#include "gateway/daemon/first_account.h"
#include "gateway/daemon/license_start.h"
#include "gateway/daemon/listening.h"
#include "gateway/daemon/mail_part.h"
#include "gateway/daemon/readiness.h"
#include "gateway/daemon/routes.h"
#include "gateway/daemon/store_start.h"
#include "gateway/hub/hub.h"
#include "gateway/hub/hub_streams.h"
#include "gateway/hub/log_source.h"
#include "gateway/license/license.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/metrics/call_figures.h"
#include "gateway/metrics/exposition.h"
#include "gateway/peer/counted_transport.h"
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
#include "store/store.h"

namespace gateway {
namespace {

constexpr base::Millis kStopGrace = 3'000;  // for running requests
constexpr base::Millis kStopLimit = 4'500;  // for everything
constexpr base::Millis kTrimAfter = 900;    // the first answers come first

}  // namespace

// In the order of construction; C++ destroys them in reverse.
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
  std::unique_ptr<ApiKeys> keys;                              // null without --api-keys
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
  Listening listening;
  bool stopping = false;  // the loop's

  void close_ended();
  void read_files_again();
  base::Result<> bind();
  base::Result<> open_engine();
  base::Result<> open_relay(const PeerUrl& url);
  base::Result<> open_commands();
  base::Result<> open_command_service();
  void add_routes();
  std::vector<std::string> why_not_ready() const;
  void start_stdio();
  void make_fingerprint();
  void stop(std::string_view why);
  void take_down();
};

void Daemon::Parts::read_files_again() {
  if (keys) keys->reload();
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

// Scripts of this machine read the file without asking for it. Not before the first answer: it
// waits for the disk.
void Daemon::Parts::make_fingerprint() {
  workers->submit({}, [own = fingerprint.get()] {
    if (const auto made = own->get(); !made) base::log::warning("{}", made.error().message);
  });
}

// Streams of a key end with the key.
void Daemon::Parts::close_ended() {
  if (hub) hub->close_ended();
  if (command_service) command_service->close_ended();
  if (sockets) sockets->close_ended();
}

base::Result<> Daemon::Parts::bind() {
  if (settings.api_keys) {
    EDGE_TRY(keys, ApiKeys::open(*settings.api_keys, *loop, clock, [this] { close_ended(); }));
  }
  gatekeeper =
      std::make_unique<Gatekeeper>(keys ? &keys->ring() : nullptr, clock,
                                   GatekeeperOptions{.allow_anonymous = settings.allow_anonymous});
  HttpOptions options = http_options(settings, surroundings);
  options.gatekeeper = gatekeeper.get();
  trimmer = std::make_unique<HeapTrimmer>(*loop, *workers);
  options.freed = [this](std::size_t bytes) { trimmer->freed(bytes); };
  if (settings.tls) {
    EDGE_TRY(certificate, Certificate::load(*settings.tls));
    options.certificate = certificate;
  }
  server = std::make_unique<HttpServer>(*loop, *workers, std::move(options));
  EDGE_TRY(listening, listen(*server, settings));
  return {};
}

base::Result<> Daemon::Parts::open_engine() {
  EDGE_TRY(const HostPort bound,
           parse_host_port(listening.peers.empty() ? listening.all : listening.peers));
  const PeerUrl url = public_url_for(settings, bound, surroundings);
  // The URL at which peers reach us: behind a relay the address listened on is irrelevant.
  const std::string& reached = settings.relay_url ? settings.relay_url->host : url.host;
  const AddressPolicy addresses{.loopback_allowed = is_loopback_host(reached),
                                .public_only = settings.peers_public_only};
  transport->set_addresses(addresses);
  EDGE_TRY(auto options, engine_options(settings, surroundings, url));
  EDGE_TRY(engine, messaging::Engine::open(*store, *counted_transport, clock, std::move(options),
                                           mail->transport()));
  if (mail->transport() != nullptr) mail->transport()->set_receiver(*engine->mail_receiver());
  if (!settings.mail_account.empty() && !settings.stdio) {
    first_account = std::make_unique<FirstAccount>(*loop, *engine, settings.mail_account);
  }
  engine->set_transfer_port(transfer_port);

  rpc::Executor executor = [this](const std::string& party, base::UniqueFunction<void()> task) {
    // A stopped pool must not lose an answer: the loop runs it, late but surely.
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

void Daemon::Parts::add_routes() {
  sockets = std::make_unique<WebSockets>(*loop, *workers, *service, *hub, server->limits());
  const MetricsSources figures{&call_figures,           server.get(),     hub.get(),
                               workers.get(),           service.get(),    store.get(),
                               counted_transport.get(), gatekeeper.get(), relay.get(),
                               command_service.get(),   sockets.get(),    engine->mail_accounts()};
  gateway::add_routes(server->routes(), {.service = *service,
                                         .engine = *engine,
                                         .hub = *hub,
                                         .sockets = *sockets,
                                         .viewers = *viewers,
                                         .tickets = gatekeeper->tickets(),
                                         .command_service = command_service.get(),
                                         .relay = relay.get(),
                                         .clock = clock,
                                         .restricted_paths = settings.restricted_paths(),
                                         .figures = figures,
                                         .why_not_ready = [this] { return why_not_ready(); }});
}

std::vector<std::string> Daemon::Parts::why_not_ready() const {
  auto out = gateway::why_not_ready(*store, relay.get(), settings.accounts);
  if (stopping) out.emplace(out.begin(), "stopping");
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
  EDGE_TRY(parts->store,
           open_store(parts->settings, parts->surroundings, parts->clock, [own = parts.get()] {
             return try_addresses(own->settings, *own->loop, *own->workers);
           }));
  parts->fingerprint = std::make_unique<DeviceFingerprint>(parts->settings.accounts);
  EDGE_TRY(parts->license, open_license(parts->settings, *parts->fingerprint, parts->clock));
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
  if (!parts_->listening.peers.empty()) {
    base::log::info("peers alone are served on {}://{}", scheme, parts_->listening.peers);
  }
  // Not a log line: programs wait for it at any log level.
  if (!parts_->listening.all.empty()) {
    std::fprintf(stderr, "listening on %s://%s\n", scheme, parts_->listening.all.c_str());
    parts_->make_fingerprint();
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
