#include "gateway/relay/link.h"

#include <algorithm>

#include "base/log.h"
#include "crypto/random.h"
#include "gateway/peer/deposit_wire.h"

namespace gateway {
namespace {

constexpr base::Millis kRefusedPause = 30'000;  // by a relay that does not admit us

}  // namespace

RelayLink::RelayLink(const Around& around, messaging::peering::RelayAccount account,
                     AddressPolicy policy, RelayLinkTimes times)
    : around_(around),
      account_(std::move(account)),
      times_(times),
      fetcher_(around.curl, policy),
      keys_(around.relayed, account_.account),
      arrivals_(
          around.loop, around.workers, around.relayed, account_.account,
          [this](bool stored, std::uint64_t connection) { on_batch_done(stored, connection); }) {}

RelayLink::~RelayLink() {
  *alive_ = false;
  fetcher_.cancel_all();
}

void RelayLink::try_now() {
  if (phase_ == Phase::resting) due_ = 0;
  tick();
}

void RelayLink::keys_changed() {
  keys_.set_stale();
  next_call();
}

void RelayLink::tick() {
  const base::Millis now = around_.loop.clock().uptime();
  switch (phase_) {
    case Phase::resting:
      if (now >= due_) begin();
      return;
    case Phase::connecting:
      return;  // each call has its own time-out
    case Phase::streaming:
      if (!pinged_ && now - received_at_ > times_.first_ping) {
        base::log::info("relay: no ping comes through the stream; polling instead");
        fetcher_.cancel_all();
        ++connection_;
        busy_ = false;
        phase_ = Phase::polling;
        poll_at_ = 0;
        poll_until_ = now + times_.poll_for;
      } else if (now - received_at_ > times_.silence) {
        return fail("it fell silent");
      }
      break;
    case Phase::polling:
      if (now >= poll_until_) return fail("back to the stream");
      break;
  }
  next_call();
}

// ---- the connection ----------------------------------------------------------------------------

void RelayLink::begin() {
  phase_ = Phase::connecting;
  ++connection_;
  busy_ = true;
  FetchRequest request;
  request.url = account_.home.url + relay_path(account_.home.mailbox, "challenge");
  request.post = true;
  fetcher_.start(std::move(request), [this, connection = connection_](FetchReply reply) {
    if (connection == connection_) on_challenge(reply);
  });
}

// `problem` is for people and holds no text from the relay.
void RelayLink::fail(std::string_view what, std::string problem) {
  base::log::debug("account {}: the relay's link ended: {}", account_.account.value, what);
  fetcher_.cancel_all();
  ++connection_;
  busy_ = false;
  phase_ = Phase::resting;
  reader_ = {};
  arrivals_.clear();
  keys_.reset();
  const base::Millis full =
      std::min(times_.longest_pause, times_.first_pause << std::min(failures_, 10));
  ++failures_;
  const auto jitter =
      static_cast<base::Millis>(crypto::random_u64() % static_cast<std::uint64_t>(full / 2 + 1));
  const base::Millis pause =
      problem.empty() ? full - jitter : std::max(full, kRefusedPause) - jitter;
  due_ = around_.loop.clock().uptime() + pause;
  if (!problem.empty() && problem != warned_problem_) {
    base::log::warning("account {}: {}", account_.account.value, problem);
    warned_problem_ = problem;
  }
  around_.relayed.link_changed(account_.account, false, problem);
}

bool RelayLink::reply_is_good(const FetchReply& reply, long wanted, std::string_view what) {
  if (reply.status == wanted) return true;
  std::string problem;
  if (reply.status == 403) {
    problem =
        "the relay does not admit this device: its operator makes a token (privitty-edge relay "
        "admit), which goes into --relay-token-file or the config key relay_token";
  } else if (reply.status == 404) {
    problem = "what answers at the relay's URL is no relay: start the daemon there with --relay";
  } else if (reply.status == 507) {
    problem = "the relay has no room for another mailbox or for more contacts";
  }
  if (reply.status == 0) {
    fail(std::string(what) + ": " + (reply.fault.empty() ? "no answer" : reply.fault));
  } else {
    fail(std::string(what) + ": status " + std::to_string(reply.status), std::move(problem));
  }
  return false;
}

std::vector<std::string> RelayLink::prove(std::string_view method, std::string_view what,
                                          base::ByteView body) {
  ++proof_.count;
  proof_.signature = account_.owner.sign(
      owner_statement(account_.home.url, account_.home.mailbox, proof_, method, what, body));
  const auto header = [](std::string_view name, const std::string& value) {
    return std::string(name) + ": " + value;
  };
  return {header(kRelayNonceHeader, base::to_hex(proof_.nonce)),
          header(kRelayExpiryHeader, format_time(proof_.expiry)),
          header(kRelayCountHeader, std::to_string(proof_.count)),
          header(kRelaySignatureHeader, base::to_hex(proof_.signature))};
}

void RelayLink::ask(std::string_view method, std::string_view what, base::Bytes body,
                    Fetcher::Done done) {
  busy_ = true;
  requested_at_ = around_.loop.clock().uptime();
  FetchRequest request;
  request.url = account_.home.url + relay_path(account_.home.mailbox, what);
  request.post = method == "POST";
  request.headers = prove(method, what, body);
  request.body = std::move(body);
  request.max_answer = 4 * 1024 * 1024;  // a poll: 1 MiB and one envelope
  fetcher_.start(std::move(request), [this, connection = connection_,
                                      done = std::move(done)](FetchReply reply) mutable {
    if (connection != connection_) return;
    busy_ = false;
    done(std::move(reply));
  });
}

void RelayLink::on_challenge(const FetchReply& reply) {
  busy_ = false;
  if (!reply_is_good(reply, 200, "the challenge")) return;
  const auto challenge = decode_challenge(reply.body);
  if (!challenge) return fail("the challenge is malformed");
  if (challenge->url != account_.home.url) {
    return fail("another URL", "the relay at " + account_.home.url +
                                   " calls itself by another URL: name it exactly as its operator "
                                   "does, or have --public-url set there");
  }
  proof_ = {challenge->nonce, challenge->expiry, 0, {}};
  OpenRequest request{account_.owner.public_key(), account_.home.token};
  ask("POST", "open", encode(request), [this](const FetchReply& answer) { on_open(answer); });
}

void RelayLink::on_open(const FetchReply& reply) {
  if (!reply_is_good(reply, 200, "the mailbox")) return;
  KeysDigest theirs{};
  if (reply.body.size() != theirs.size()) return fail("the mailbox's answer is malformed");
  std::copy(reply.body.begin(), reply.body.end(), theirs.begin());
  const auto equal = keys_.matches(theirs);
  if (!equal) return fail("our own keys cannot be read");
  if (*equal) return catch_up();
  ask("GET", "keys", {}, [this](const FetchReply& answer) { on_keys(answer); });
}

// ---- keys --------------------------------------------------------------------------------------

void RelayLink::on_keys(const FetchReply& reply) {
  if (!reply_is_good(reply, 200, "the keys")) return;
  const auto known = decode_known_keys(reply.body);
  if (!known) return fail("the list of keys is malformed");
  keys_.set_registered(*known);
  next_call();
}

void RelayLink::send_keys() {
  if (!keys_.compute_changes()) return fail("our own keys cannot be read");
  if (keys_.changes().empty()) return ready();
  ask("POST", "keys", encode(keys_.changes()), [this](const FetchReply& reply) {
    if (!reply_is_good(reply, 204, "the keys")) return;
    keys_.changes_done();
    ready();
  });
}

// The relay's keys are the account's, or will be after the next call.
void RelayLink::ready() {
  if (phase_ == Phase::connecting && !keys_.stale()) return catch_up();
  next_call();
}

// Acknowledges what an earlier connection could not, then opens the stream.
void RelayLink::catch_up() {
  if (!arrivals_.has_acks()) return open_stream();
  send_acks();
}

// ---- envelopes ---------------------------------------------------------------------------------

void RelayLink::open_stream() {
  phase_ = Phase::streaming;
  reader_ = {};
  pinged_ = false;
  received_at_ = requested_at_ = around_.loop.clock().uptime();
  FetchRequest request;
  request.url = account_.home.url + relay_path(account_.home.mailbox, "stream");
  request.headers = prove("GET", "stream", {});
  request.timeout = 0;
  request.on_data = [this, connection = connection_](base::ByteView bytes) {
    return connection == connection_ && on_stream(bytes);
  };
  fetcher_.start(std::move(request), [this, connection = connection_](FetchReply reply) {
    if (connection != connection_) return;
    if (reply.status != 200) {
      (void)reply_is_good(reply, 200, "the stream");
      return;
    }
    // The frames that came before the end are posted already and run first.
    around_.loop.post([this, alive = alive_, connection] {
      if (*alive && connection == connection_) fail("the stream ended");
    });
  });
  next_call();
}

// Inside libcurl: only the return value may end the transfer.
bool RelayLink::on_stream(base::ByteView bytes) {
  received_at_ = around_.loop.clock().uptime();
  auto frames = reader_.feed(bytes);
  if (!frames || arrivals_.full()) return false;
  around_.loop.post(
      [this, alive = alive_, connection = connection_, frames = std::move(*frames)]() mutable {
        if (*alive && connection == connection_) on_frames(std::move(frames));
      });
  return true;
}

void RelayLink::poll() {
  ask("GET", "envelopes", {}, [this](const FetchReply& reply) {
    if (!reply_is_good(reply, 200, "the poll")) return;
    FrameReader reader;
    auto frames = reader.feed(reply.body);
    if (!frames || !reader.at_boundary()) return fail("the poll's answer is malformed");
    const bool some = frames->size() > 1;
    poll_at_ = around_.loop.clock().uptime() + (some ? 0 : times_.poll_every);
    on_frames(std::move(*frames));
  });
}

void RelayLink::on_frames(std::vector<Frame> frames) {
  received_at_ = around_.loop.clock().uptime();
  for (Frame& frame : frames) {
    if (auto* envelope = std::get_if<EnvelopeFrame>(&frame)) {
      arrivals_.add(std::move(*envelope));
    } else if (const auto* goodbye = std::get_if<GoodbyeFrame>(&frame)) {
      return fail(goodbye->reason == GoodbyeReason::replaced ? "another stream took over"
                                                             : "the relay said goodbye");
    } else {
      if (!pinged_) {
        failures_ = 0;
        warned_problem_.clear();
        around_.relayed.link_changed(account_.account, true, {});
      }
      pinged_ = true;
    }
  }
  pass_on();
  next_call();
}

void RelayLink::pass_on() {
  if (!arrivals_.pass_on(connection_)) fail("too much work waits here");
}

void RelayLink::on_batch_done(bool stored, std::uint64_t connection) {
  if (!stored && connection == connection_) return fail("what came could not be stored");
  pass_on();  // of this connection, even when the batch came on an earlier one
  if (stored) next_call();
}

// ---- calls, one at a time ----------------------------------------------------------------------

// Without ids the call shows that the connection is alive.
void RelayLink::send_acks() {
  ask("POST", "acks", encode_acks(arrivals_.take_acks()), [this](const FetchReply& reply) {
    if (!reply_is_good(reply, 204, "the acknowledgement")) return;
    if (phase_ == Phase::connecting) return catch_up();
    next_call();
  });
}

void RelayLink::next_call() {
  if (busy_ || phase_ == Phase::resting) return;
  // Requests carry a counter that must rise; one sent before the stream's reply would get the
  // stream rejected as a replay.
  if (phase_ == Phase::streaming && !pinged_) return;
  const base::Millis now = around_.loop.clock().uptime();
  if (keys_.stale()) {
    if (keys_.known()) return send_keys();
    return ask("GET", "keys", {}, [this](const FetchReply& reply) { on_keys(reply); });
  }
  if (phase_ == Phase::connecting) return;
  if (arrivals_.has_acks() || now - requested_at_ >= times_.ack_every) return send_acks();
  if (phase_ == Phase::polling && now >= poll_at_ && arrivals_.idle()) poll();
}

}  // namespace gateway
