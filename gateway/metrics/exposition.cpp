#include "gateway/metrics/exposition.h"

#include <algorithm>

#include "base/log.h"
#include "gateway/auth/gatekeeper.h"
#include "gateway/commands/command_service.h"
#include "gateway/hub/hub.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/metrics/call_figures.h"
#include "gateway/metrics/process.h"
#include "gateway/metrics/text.h"
#include "gateway/peer/counted_transport.h"
#include "gateway/process/version.h"
#include "gateway/relay/relay_part.h"
#include "gateway/server/server.h"
#include "gateway/ws/sockets.h"
#include "messaging/mail/mail_accounts.h"
#include "rpc/service.h"
#include "store/figures.h"
#include "store/store.h"

namespace gateway {
namespace {

void write_http(MetricsText& out, const HttpServer& server, const Gatekeeper& gatekeeper) {
  out.counter("privitty_http_requests_total", "Answered requests by endpoint and status.");
  server.for_each_route([&](const Route& route, const RouteFigures& figures) {
    figures.for_each_status([&](int status, std::uint64_t count) {
      out.sample(
          count,
          {{"method", route.method}, {"endpoint", route.path}, {"code", std::to_string(status)}});
    });
  });
  out.histogram(
      "privitty_http_request_seconds",
      "From a request's head to its answer, parked ones included; streams to their start.");
  server.for_each_route([&](const Route& route, const RouteFigures& figures) {
    const auto reading = figures.times();
    if (reading.total() > 0) {
      out.sample(reading, {{"method", route.method}, {"endpoint", route.path}});
    }
  });
  const HttpStats stats = server.stats();
  out.counter("privitty_http_connections_total", "Connections accepted.", stats.accepted);
  out.counter("privitty_http_connections_refused_total",
              "Connections turned away because there were too many, of all or of one address.",
              stats.turned_away);
  out.counter("privitty_http_broken_requests_total",
              "Requests that were no HTTP, or broke off; their connections ended.", stats.refused);
  out.counter("privitty_http_rate_limited_total", "Requests answered 429.", stats.rate_limited);
  out.gauge("privitty_http_connections", "Connections open now, streams not counted.",
            std::uint64_t{stats.connections});
  out.gauge("privitty_http_descriptors", "Descriptors that clients hold now, streams included.",
            std::uint64_t{stats.slots});
  out.gauge("privitty_http_buffered_body_bytes", "Bytes of request bodies held in memory.",
            std::uint64_t{stats.buffered_bodies});
  out.counter("privitty_auth_failures_total", "Requests with a wrong, revoked or expired key.",
              gatekeeper.failures());
  if (!stats.tls) return;
  out.gauge("privitty_tls_connections", "TLS connections open now.",
            std::uint64_t{stats.tls->open});
  out.counter("privitty_tls_handshakes_total", "TLS handshakes by how they ended.");
  out.sample(stats.tls->handshakes, {{"outcome", "ok"}});
  out.sample(stats.tls->failed, {{"outcome", "failed"}});
}

void write_websockets(MetricsText& out, const WebSockets& sockets) {
  const WebSocketStats stats = sockets.stats();
  out.gauge("privitty_websockets", "WebSockets open now.", std::uint64_t{stats.open});
  out.counter("privitty_websockets_total", "WebSockets opened.", stats.opened);
  out.counter("privitty_websocket_received_total", "Messages from WebSockets: calls and batches.",
              stats.received);
  out.counter("privitty_websocket_sent_total", "Messages to WebSockets: answers and events.",
              stats.sent);
}

void write_events(MetricsText& out, const Hub& hub) {
  const HubStats stats = hub.stats();
  out.gauge("privitty_event_subscribers", "Event streams open now.",
            std::uint64_t{stats.subscribers});
  out.counter("privitty_event_streams_total", "Event streams opened.", stats.connected);
  out.counter("privitty_events_published_total", "Events passed to the streams.", stats.published);
  out.counter("privitty_event_deliveries_total", "Events written to subscribers.", stats.delivered);
  out.counter("privitty_events_dropped_total", "Events that slow subscribers missed (lag).",
              stats.dropped);
  out.gauge("privitty_event_lag",
            "Events that the subscriber furthest behind has not taken yet, within a second.",
            stats.lag);
  out.gauge("privitty_event_queue", "Events that wait until subscribers have taken older ones.",
            std::uint64_t{stats.waiting});
  out.counter("privitty_event_sends_total", "System calls that wrote events.", stats.sends);
}

void write_queues(MetricsText& out, const WorkerPool& workers, const rpc::Service& service) {
  out.gauge("privitty_worker_queue", "Requests that wait for a worker.",
            std::uint64_t{workers.waiting()});
  out.gauge("privitty_workers", "Threads that run requests.", std::uint64_t{workers.threads()});
  out.gauge("privitty_rpc_parked", "Calls that wait for news.", std::uint64_t{service.parked()});
}

void write_store(MetricsText& out, store::Store& store) {
  const store::WriterStats stats = store.writer().stats();
  out.counter("privitty_store_commits_total", "Durable commits.", stats.commits);
  out.counter("privitty_store_failed_commits_total", "Commits that failed and were undone.",
              stats.failed_commits);
  out.counter("privitty_store_writes_total", "Writes that shared those commits.", stats.closures);
  out.histogram("privitty_store_commit_seconds", "How long commits took, failed ones too.",
                stats.commit_times);
  out.gauge("privitty_store_largest_commit", "Writes in the largest commit so far.",
            stats.largest_batch);
  out.gauge("privitty_store_write_queue", "Writes that wait for the next commit.", stats.waiting);
  out.gauge("privitty_store_writable", "0 when the store is damaged and refuses writes.",
            std::uint64_t{store.health().writes_refused() ? 0U : 1U});
  const auto figures = store::read_figures(store);
  if (!figures) return base::log::warning("metrics: {}", figures.error().message);
  out.gauge("privitty_outbox_waiting", "Envelopes and receipts not yet deposited with a peer.",
            static_cast<std::uint64_t>(figures->outbox_waiting));
  out.gauge("privitty_outbox_unacknowledged",
            "Deposited, and the recipient's device has not said that it has them.",
            static_cast<std::uint64_t>(figures->outbox_unacknowledged));
  const base::Millis age =
      figures->outbox_oldest == 0
          ? 0
          : std::max<base::Millis>(0, base::SystemClock().now() - figures->outbox_oldest);
  out.gauge("privitty_outbox_oldest_seconds", "Age of the oldest that waits.",
            static_cast<double>(age) / 1000);
}

void write_deliveries(MetricsText& out, const CountedTransport& transport) {
  using messaging::peering::DepositOutcome;
  static constexpr std::pair<DepositOutcome, std::string_view> kNames[] = {
      {DepositOutcome::stored, "stored"},
      {DepositOutcome::refused, "refused"},
      {DepositOutcome::too_large, "too_large"},
      {DepositOutcome::busy, "busy"},
      {DepositOutcome::unreachable, "unreachable"}};
  out.counter("privitty_deposits_total", "Deposits with peers and relays by how they ended.");
  for (const auto& [outcome, name] : kNames) {
    out.sample(transport.count(outcome), {{"outcome", name}});
  }
  out.counter("privitty_deposited_envelopes_total", "Envelopes that peers and relays took.",
              transport.envelopes());
  out.histogram("privitty_deposit_seconds", "How long a deposit took.", transport.times());
}

void write_relay(MetricsText& out, const RelayPart& relay) {
  const RelayCounters& counters = relay.counters();
  out.counter("privitty_relay_kept_envelopes_total", "Envelopes taken for mailboxes here.",
              counters.kept.load());
  out.counter("privitty_relay_kept_bytes_total", "Their bytes.", counters.kept_bytes.load());
  out.counter("privitty_relay_acknowledged_envelopes_total", "Envelopes that their owners have.",
              counters.acknowledged.load());
  out.counter("privitty_relay_expired_envelopes_total", "Envelopes nobody fetched in time.",
              counters.expired.load());
  out.counter("privitty_relay_refused_total",
              "Deposits and requests of owners without a proof, and deposits over a limit.");
  out.sample(counters.unproven.load(), {{"reason", "unproven"}});
  out.sample(counters.refused.load(), {{"reason", "over_limit"}});
  out.counter("privitty_relay_repeated_deposits_total", "Deposits that came again.",
              counters.replayed.load());
  out.gauge("privitty_relay_writable", "0 when its database is damaged and refuses writes.",
            std::uint64_t{relay.health().writes_refused() ? 0U : 1U});
  const auto holdings = relay.holdings();
  if (!holdings) return base::log::warning("metrics: {}", holdings.error().message);
  out.gauge("privitty_relay_mailboxes", "Mailboxes kept here.",
            static_cast<std::uint64_t>(holdings->mailboxes));
  out.gauge("privitty_relay_waiting_envelopes", "Envelopes that wait for their owners.",
            static_cast<std::uint64_t>(holdings->waiting.envelopes));
  out.gauge("privitty_relay_waiting_bytes", "Their bytes.",
            static_cast<std::uint64_t>(holdings->waiting.bytes));
}

void write_commands(MetricsText& out, const commands::CommandService& service) {
  const commands::CommandFigures figures = service.figures();
  out.counter("privitty_commands_started_total", "Device commands that were started.");
  out.sample(figures.started);
  out.counter("privitty_commands_ended_total", "Device commands by how they ended.");
  for (std::size_t i = 0; i < figures.ended.size(); ++i) {
    out.sample(figures.ended[i], {{"status", commands::status_at(i)}});
  }
  out.counter("privitty_commands_refused_total",
              "Device commands that were asked for and not run.");
  for (std::size_t i = 0; i < figures.refused.size(); ++i) {
    out.sample(figures.refused[i],
               {{"reason", commands::name_of(static_cast<commands::Refusal>(i))}});
  }
  out.gauge("privitty_commands_running", "Device commands that run now.");
  out.sample(std::uint64_t{figures.running});
  out.counter("privitty_command_output_bytes_total",
              "What device commands wrote, without line ends.");
  out.sample(figures.output_bytes);
  out.counter("privitty_command_output_lines_total", "Their lines, and pieces of long lines.");
  out.sample(figures.output_lines);
  out.gauge("privitty_command_output_kept_bytes", "Output that is kept, in sealed files.");
  out.sample(figures.kept_bytes);
  const HubStats streams = service.streams();
  out.gauge("privitty_command_stream_subscribers", "Streams of output open now.");
  out.sample(std::uint64_t{streams.subscribers});
  out.counter("privitty_command_streams_total", "Streams of output opened.");
  out.sample(streams.connected);
  out.counter("privitty_command_stream_deliveries_total", "Lines written to streams.");
  out.sample(streams.delivered);
  out.gauge("privitty_command_stream_lag",
            "Lines that the stream furthest behind has not taken yet, within a second.");
  out.sample(streams.lag);
  out.gauge("privitty_command_stream_queue",
            "Lines that wait until streams have taken older ones.");
  out.sample(std::uint64_t{streams.waiting});
  out.counter("privitty_command_stream_sends_total", "System calls that wrote them.");
  out.sample(streams.sends);
}

void write_mails(MetricsText& out, const messaging::mail::MailAccounts& mails) {
  const auto lines = mails.lines(std::nullopt);
  if (lines.empty()) return;
  struct Labels {
    std::string account;
    std::string transport;
  };
  const auto each = [&](const auto& value) {
    for (const auto& line : lines) {
      const Labels labels{std::to_string(line.key.account.value),
                          std::to_string(line.key.transport)};
      value(line, labels);
    }
  };
  out.gauge("privitty_mail_line_state",
            "Of each mail login: 0 not connected, 1 connecting, 2 working, 3 connected.");
  each([&](const auto& line, const Labels& of) {
    const auto imap = static_cast<std::uint64_t>(line.imap);
    const auto smtp = static_cast<std::uint64_t>(line.smtp);
    out.sample(imap, {{"account", of.account}, {"transport", of.transport}, {"service", "imap"}});
    out.sample(smtp, {{"account", of.account}, {"transport", of.transport}, {"service", "smtp"}});
  });
  out.gauge("privitty_mail_unauthorized", "1 where a server refuses the password.");
  each([&](const auto& line, const Labels& of) {
    out.sample(std::uint64_t{line.unauthorized ? 1U : 0U},
               {{"account", of.account}, {"transport", of.transport}});
  });
  out.counter("privitty_mails_received_total", "Mails that were taken, since the start.");
  each([&](const auto& line, const Labels& of) {
    out.sample(line.mails_in, {{"account", of.account}, {"transport", of.transport}});
  });
  out.counter("privitty_mails_sent_total", "Mails that a server accepted, since the start.");
  each([&](const auto& line, const Labels& of) {
    out.sample(line.mails_out, {{"account", of.account}, {"transport", of.transport}});
  });
}

}  // namespace

std::string metrics_text(const MetricsSources& sources) {
  MetricsText out;
  out.gauge("privitty_build_info", "Always 1; the labels say what runs.");
  out.sample(std::uint64_t{1}, {{"version", version()}, {"commit", commit()}});
  write_http(out, *sources.server, *sources.gatekeeper);
  sources.calls->write(out);
  write_events(out, *sources.hub);
  write_websockets(out, *sources.sockets);
  write_queues(out, *sources.workers, *sources.service);
  write_store(out, *sources.store);
  write_deliveries(out, *sources.transport);
  if (sources.relay != nullptr) write_relay(out, *sources.relay);
  if (sources.command_service != nullptr) write_commands(out, *sources.command_service);
  if (sources.mails != nullptr) write_mails(out, *sources.mails);
  write_process_figures(out);
  return out.text();
}

}  // namespace gateway
