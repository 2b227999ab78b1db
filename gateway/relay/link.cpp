#include "gateway/relay/link.h"

#include <algorithm>

#include "base/log.h"
#include "crypto/random.h"
#include "gateway/peer/deposit_wire.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxArrived = 16 * 1024 * 1024;  // the relay's window is 4 MiB
constexpr std::size_t kHandInBytes = 2 * 1024 * 1024;
constexpr std::size_t kHandInEnvelopes = 512;
constexpr std::size_t kMaxOwedAcks = 64 * 1024;  // over it: those envelopes come again
constexpr base::Millis kRefusedPause = 30'000;   // by a relay that does not admit us

}  // namespace

RelayLink::RelayLink(const Around& around, messaging::peering::RelayAccount account,
                     AddressPolicy policy, RelayLinkTimes times)
    : around_(around), account_(std::move(account)), times_(times), fetcher_(around.curl, policy) {}

RelayLink::~RelayLink() {
  *alive_ = false;
  fetcher_.cancel_all();
}

void RelayLink::try_now() {
  if (phase_ == Phase::resting) due_ = 0;
  tick();
}

void RelayLink::keys_changed() {
  keys_changed_ = true;
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
      if (!pinged_ && now - heard_at_ > times_.first_ping) {
        base::log::info("relay: no ping comes through the stream; polling instead");
        fetcher_.cancel_all();
        ++turn_;
        busy_ = false;
        phase_ = Phase::polling;
        poll_at_ = 0;
        poll_until_ = now + times_.poll_for;
      } else if (now - heard_at_ > times_.silence) {
        return fail("it fell silent");
      }
      break;
    case Phase::polling:
      if (now >= poll_until_) return fail("back to the stream");
      break;
  }
  next_call();
}

// ---- the tie -----------------------------------------------------------------------------------

void RelayLink::begin() {
  phase_ = Phase::connecting;
  ++turn_;
  busy_ = true;
  FetchRequest request;
  request.url = account_.home.url + relay_path(account_.home.mailbox, "challenge");
  request.post = true;
  fetcher_.start(std::move(request), [this, turn = turn_](FetchReply reply) {
    if (turn == turn_) on_challenge(reply);
  });
}

// What a person reads never holds what the relay said.
void RelayLink::fail(std::string_view what, std::string problem) {
  base::log::debug("account {}: the relay's link ended: {}", account_.account.value, what);
  fetcher_.cancel_all();
  ++turn_;
  busy_ = false;
  phase_ = Phase::resting;
  reader_ = {};
  arrived_.clear();
  arrived_bytes_ = 0;
  to_register_.clear();
  keys_known_ = false;
  const base::Millis full =
      std::min(times_.longest_pause, times_.first_pause << std::min(failures_, 10));
  ++failures_;
  const auto jitter =
      static_cast<base::Millis>(crypto::random_u64() % static_cast<std::uint64_t>(full / 2 + 1));
  const base::Millis pause =
      problem.empty() ? full - jitter : std::max(full, kRefusedPause) - jitter;
  due_ = around_.loop.clock().uptime() + pause;
  if (!problem.empty() && problem != told_problem_) {
    base::log::warning("account {}: {}", account_.account.value, problem);
    told_problem_ = problem;
  }
  around_.relayed.tell(account_.account, false, problem);
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
  spoke_at_ = around_.loop.clock().uptime();
  FetchRequest request;
  request.url = account_.home.url + relay_path(account_.home.mailbox, what);
  request.post = method == "POST";
  request.headers = prove(method, what, body);
  request.body = std::move(body);
  request.max_answer = 4 * 1024 * 1024;  // a poll: 1 MiB and one envelope
  fetcher_.start(std::move(request),
                 [this, turn = turn_, done = std::move(done)](FetchReply reply) mutable {
                   if (turn != turn_) return;
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
  compare_keys(theirs);
}

// ---- keys --------------------------------------------------------------------------------------

void RelayLink::compare_keys(const KeysDigest& theirs) {
  keys_changed_ = false;
  const std::uint64_t version = around_.relayed.version(account_.account);
  const auto wanted = around_.relayed.keys(account_.account);
  if (!wanted) return fail("our own keys cannot be read");
  std::vector<KnownKey> ours;
  registered_.clear();
  for (const messaging::peering::WantedKey& key : *wanted) {
    const auto purpose = key.contact ? KeyPurpose::contact : KeyPurpose::handshakes;
    ours.push_back({key.key_id, purpose});
    registered_.emplace(key.key_id, purpose);
  }
  if (keys_digest(std::move(ours)) == theirs) {
    keys_known_ = true;
    around_.relayed.tell_registered(account_.account, version);
    return catch_up();
  }
  registered_.clear();
  ask("GET", "keys", {}, [this](const FetchReply& reply) { on_keys(reply); });
}

void RelayLink::on_keys(const FetchReply& reply) {
  if (!reply_is_good(reply, 200, "the keys")) return;
  const auto known = decode_known_keys(reply.body);
  if (!known) return fail("the list of keys is malformed");
  for (const KnownKey& key : *known) registered_.emplace(key.key_id, key.purpose);
  keys_known_ = true;
  keys_changed_ = true;
  next_call();
}

// What the relay has, against what it should have.
void RelayLink::send_keys() {
  keys_changed_ = false;
  keys_version_ = around_.relayed.version(account_.account);
  const auto wanted = around_.relayed.keys(account_.account);
  if (!wanted) return fail("our own keys cannot be read");
  std::set<messaging::DepositKeyId> names;
  to_register_.clear();
  for (const messaging::peering::WantedKey& key : *wanted) {
    names.insert(key.key_id);
    const auto purpose = key.contact ? KeyPurpose::contact : KeyPurpose::handshakes;
    const auto known = registered_.find(key.key_id);
    if (known != registered_.end() && known->second == purpose) continue;
    to_register_.emplace_back(KeyAddition{key.key_id, key.key, purpose, key.pseudonym});
  }
  for (const auto& [key_id, purpose] : registered_) {
    if (!names.contains(key_id)) to_register_.emplace_back(key_id);
  }
  if (to_register_.size() > kMaxKeyChanges) {
    to_register_.resize(kMaxKeyChanges);
    keys_changed_ = true;  // the rest in the next round
  }
  if (to_register_.empty()) {
    around_.relayed.tell_registered(account_.account, keys_version_);
    return ready();
  }
  ask("POST", "keys", encode(to_register_), [this](const FetchReply& reply) {
    if (!reply_is_good(reply, 204, "the keys")) return;
    for (const KeyChange& change : std::exchange(to_register_, {})) {
      if (const auto* added = std::get_if<KeyAddition>(&change)) {
        registered_[added->key_id] = added->purpose;
      } else {
        registered_.erase(std::get<messaging::DepositKeyId>(change));
      }
    }
    if (!keys_changed_) around_.relayed.tell_registered(account_.account, keys_version_);
    ready();
  });
}

// The keys are as they should be, or will be after the next call.
void RelayLink::ready() {
  if (phase_ == Phase::connecting && !keys_changed_) return catch_up();
  next_call();
}

// What was stored and could not be acknowledged on an earlier tie, then the stream.
void RelayLink::catch_up() {
  if (to_acknowledge_.empty()) return open_stream();
  speak();
}

// ---- envelopes ---------------------------------------------------------------------------------

void RelayLink::open_stream() {
  phase_ = Phase::streaming;
  reader_ = {};
  pinged_ = false;
  heard_at_ = spoke_at_ = around_.loop.clock().uptime();
  FetchRequest request;
  request.url = account_.home.url + relay_path(account_.home.mailbox, "stream");
  request.headers = prove("GET", "stream", {});
  request.timeout = 0;
  request.on_data = [this, turn = turn_](base::ByteView bytes) {
    return turn == turn_ && on_stream(bytes);
  };
  fetcher_.start(std::move(request), [this, turn = turn_](FetchReply reply) {
    if (turn != turn_) return;
    if (reply.status != 200) {
      (void)reply_is_good(reply, 200, "the stream");
      return;
    }
    // After the frames that came before its end: they are posted already.
    around_.loop.post([this, alive = alive_, turn] {
      if (*alive && turn == turn_) fail("the stream ended");
    });
  });
  next_call();
}

// Inside libcurl: nothing here may end a transfer but by its answer.
bool RelayLink::on_stream(base::ByteView bytes) {
  heard_at_ = around_.loop.clock().uptime();
  auto frames = reader_.feed(bytes);
  if (!frames || arrived_bytes_ > kMaxArrived) return false;
  around_.loop.post([this, alive = alive_, turn = turn_, frames = std::move(*frames)]() mutable {
    if (*alive && turn == turn_) on_frames(std::move(frames));
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
  heard_at_ = around_.loop.clock().uptime();
  for (Frame& frame : frames) {
    if (auto* envelope = std::get_if<EnvelopeFrame>(&frame)) {
      arrived_bytes_ += envelope->envelope.size();
      arrived_.push_back(std::move(*envelope));
    } else if (const auto* goodbye = std::get_if<GoodbyeFrame>(&frame)) {
      return fail(goodbye->reason == GoodbyeReason::replaced ? "another stream took over"
                                                             : "the relay said goodbye");
    } else {
      if (!pinged_) {
        failures_ = 0;
        told_problem_.clear();
        around_.relayed.tell(account_.account, true, {});
      }
      pinged_ = true;
    }
  }
  hand_in();
  next_call();
}

void RelayLink::hand_in() {
  if (handing_in_ || arrived_.empty()) return;
  std::vector<messaging::peering::RelayedEnvelope> envelopes;
  std::vector<std::int64_t> ids;
  std::size_t bytes = 0;
  while (!arrived_.empty() && bytes < kHandInBytes && ids.size() < kHandInEnvelopes) {
    EnvelopeFrame& frame = arrived_.front();
    bytes += frame.envelope.size();
    ids.push_back(frame.id);
    envelopes.push_back({frame.key_id, std::move(frame.envelope)});
    arrived_.pop_front();
  }
  arrived_bytes_ -= std::min(arrived_bytes_, bytes);
  handing_in_ = true;
  auto work = [relayed = &around_.relayed, &loop = around_.loop, account = account_.account,
               envelopes = std::move(envelopes), ids = std::move(ids), alive = alive_, this,
               turn = turn_]() mutable {
    relayed->accept(
        account, std::move(envelopes),
        [&loop, ids = std::move(ids), alive, this, turn](const base::Result<bool>& stored) mutable {
          const bool good = stored.ok() && *stored;
          loop.post([ids = std::move(ids), alive, this, turn, good]() mutable {
            if (!*alive) return;
            handing_in_ = false;
            if (good || turn == turn_) return on_handed_in(std::move(ids), good);
            hand_in();  // what came on a newer tie has waited
          });
        });
  };
  if (!around_.workers.submit_rest("", std::move(work))) {
    handing_in_ = false;
    fail("too much work waits here");
  }
}

void RelayLink::on_handed_in(std::vector<std::int64_t> ids, bool stored) {
  if (!stored) return fail("what came could not be stored");
  // Good for a later tie as well: even where streams end at once, some envelopes are done each
  // time.
  if (to_acknowledge_.size() > kMaxOwedAcks) to_acknowledge_.clear();
  to_acknowledge_.insert(to_acknowledge_.end(), ids.begin(), ids.end());
  hand_in();
  next_call();
}

// ---- calls, one at a time ----------------------------------------------------------------------

void RelayLink::speak() {
  std::vector<std::int64_t> ids = std::move(to_acknowledge_);
  to_acknowledge_.clear();
  if (ids.size() > kMaxAcks) {
    to_acknowledge_.assign(ids.begin() + kMaxAcks, ids.end());
    ids.resize(kMaxAcks);
  }
  ask("POST", "acks", encode_acks(ids), [this](const FetchReply& reply) {
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
  if (keys_changed_ && keys_known_) return send_keys();
  if (keys_changed_ && !keys_known_) {
    return ask("GET", "keys", {}, [this](const FetchReply& reply) { on_keys(reply); });
  }
  if (phase_ == Phase::connecting) return;
  if (!to_acknowledge_.empty() || now - spoke_at_ >= times_.speak_every) return speak();
  if (phase_ == Phase::polling && now >= poll_at_ && arrived_.empty() && !handing_in_) poll();
}

}  // namespace gateway
