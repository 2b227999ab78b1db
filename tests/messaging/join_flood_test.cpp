// Somebody who only holds an invite: many made-up people ask to join, at URLs of its choice. What
// that may cost, and that nobody else notices.
#include <algorithm>
#include <map>
#include <set>

#include "crypto/encoding.h"
#include "crypto/envelope.h"
#include "crypto/invite.h"
#include "crypto/random.h"
#include "messaging/delivery/route_queue.h"
#include "messaging/model/card.h"
#include "messaging/model/content.h"
#include "messaging/peering/handshakes.h"
#include "messaging/peering/incoming.h"
#include "tests/messaging/three.h"

using namespace test;

namespace {

// A URL where nobody of ours is: it counts what comes, and answers at once that it cannot, or not
// before it is released.
class Door final : public peering::Mailroom {
 public:
  Door(Network& network, std::string url, bool hangs)
      : network_(network), url_(std::move(url)), hangs_(hangs) {
    network_.attach(url_, *this);
  }
  ~Door() override {
    network_.detach(url_);
    let_go();
  }
  void accept(peering::Arrival /*arrival*/, base::Completion<peering::ArrivalReply> done) override {
    {
      base::Lock lock(mutex_);
      ++knocks_;
      if (hangs_) {
        held_.push_back(std::move(done));
        return;
      }
    }
    done(peering::ArrivalReply{peering::ArrivalVerdict::unavailable, 0, 0});
  }
  void let_go() {
    std::vector<base::Completion<peering::ArrivalReply>> held;
    {
      base::Lock lock(mutex_);
      held.swap(held_);
    }
    for (auto& done : held) done(peering::ArrivalReply{peering::ArrivalVerdict::unavailable, 0, 0});
  }
  std::size_t held() {
    base::Lock lock(mutex_);
    return held_.size();
  }
  std::size_t knocks() {
    base::Lock lock(mutex_);
    return knocks_;
  }

 private:
  Network& network_;
  const std::string url_;
  const bool hangs_;
  base::Mutex mutex_;
  std::size_t knocks_ GUARDED_BY(mutex_) = 0;
  std::vector<base::Completion<peering::ArrivalReply>> held_ GUARDED_BY(mutex_);
};

// What a person who never was sends to join by the link.
base::Bytes made_up(const std::string& link, const std::vector<std::string>& urls) {
  const auto invite = crypto::parse_invite(link);
  REQUIRE(invite);
  const crypto::Identity joiner = crypto::Identity::generate();
  const auto box = invite->identity.to_x25519();
  REQUIRE(box);
  base::Bytes prologue = base::to_bytes("privitty-edge join v1");
  const auto key = invite->identity.bytes();
  prologue.insert(prologue.end(), key.begin(), key.end());
  crypto::HandshakeOptions options;
  options.static_key = &joiner.x25519_secret();
  options.remote_static = *box;
  options.psk = invite->secret.view();
  options.prologue = prologue;
  auto handshake =
      crypto::Handshake::start(crypto::NoisePattern::IKpsk2, crypto::NoiseRole::initiator, options);
  REQUIRE(handshake);
  JoinRequest request;
  request.invite_number = invite->number;
  request.card.identity = joiner.public_key();
  request.card.addr = "nobody@nowhere";
  request.card.name = "Nobody";
  request.card.urls = urls;
  request.card.mailbox = base::to_hex(crypto::random_array<8>());
  request.card.token = DepositToken::generate();
  request.card.tag = crypto::random_array<16>();
  const auto message = handshake->write(encode(request));
  REQUIRE(message);
  auto envelope = crypto::seal_envelope(
      *box, static_cast<std::uint8_t>(peering::EnvelopeKind::join_request), {}, *message);
  REQUIRE(envelope);
  return *std::move(envelope);
}

std::vector<base::Bytes> made_up(const std::string& link, const std::vector<std::string>& urls,
                                 std::size_t count) {
  std::vector<base::Bytes> envelopes;
  for (std::size_t i = 0; i < count; ++i) envelopes.push_back(made_up(link, urls));
  return envelopes;
}

peering::ArrivalReply deposit(World& world, Peer& peer, const std::string& link,
                              const std::vector<base::Bytes>& envelopes) {
  const auto invite = crypto::parse_invite(link);
  REQUIRE(invite);
  DepositToken token;
  REQUIRE(crypto::base64url_decode_to(invite->token, token.bytes));
  peering::Arrival arrival;
  arrival.mailbox = invite->mailbox;
  arrival.body = join_body(envelopes);
  arrival.proof = prove_deposit(token, arrival.mailbox, world.clock.now(), arrival.body);
  const auto reply =
      answer<peering::ArrivalReply>([&](base::Completion<peering::ArrivalReply> done) {
        peer.engine().accept(std::move(arrival), std::move(done));
      });
  REQUIRE(reply);
  return *reply;
}

std::int64_t pending(Peer& peer) {
  auto read = peer.store().read();
  REQUIRE(read);
  const auto count =
      read->connection().integer("SELECT count(*) FROM pending_join WHERE role IN (2, 4)");
  REQUIRE(count);
  return count->value_or(0);
}

// Time goes by, minute after minute; the courier looks at the clock at least each second.
void pass(World& world, base::Millis time) {
  for (base::Millis gone = 0; gone < time; gone += kMinute) {
    world.clock.advance(kMinute);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

bool joined(const Peer& peer) {
  const auto progress = peer.events_of<SecurejoinJoinerProgress>();
  return !progress.empty() && progress.back().progress == 1000;
}

void start_joining(Peer& peer, const std::string& link) {
  REQUIRE(answer<ChatId>([&](base::Completion<ChatId> done) {
    peer.engine().securejoin().join(Peer::kAccount, link, std::move(done));
  }));
}

}  // namespace

TEST_CASE(
    "each request in a deposit counts against its invite's hour, and what is over comes later") {
  World world;
  const std::string link = world.alice.invite();
  const std::vector<std::string> nowhere{"http://nowhere.test"};
  CHECK(deposit(world, world.alice, link, made_up(link, nowhere, 61)).verdict ==
        peering::ArrivalVerdict::too_large);
  CHECK(pending(world.alice) == 0);
  CHECK(deposit(world, world.alice, link, made_up(link, nowhere, 50)).verdict ==
        peering::ArrivalVerdict::stored);
  const peering::ArrivalReply refused =
      deposit(world, world.alice, link, made_up(link, nowhere, 20));
  CHECK(refused.verdict == peering::ArrivalVerdict::too_many);
  CHECK(refused.retry_after > 9 * kMinute);
  CHECK(deposit(world, world.alice, link, made_up(link, nowhere, 10)).verdict ==
        peering::ArrivalVerdict::stored);
  CHECK(pending(world.alice) == 60);

  // An honest joiner is asked to retry later, and does by itself.
  start_joining(world.bob, link);
  REQUIRE(world.until([&] {
    world.clock.advance(1'000);
    return joined(world.bob);
  }));
}

TEST_CASE("connections that hang at URLs of made-up people hold up no contact") {
  World world;
  const ChatId chat = world.join(world.bob, world.alice);
  const ChatId back = world.alice.chat_with_peer();
  Door silent(world.network, "http://silent.test", true);
  const std::string link = world.alice.invite();
  REQUIRE(deposit(world, world.alice, link, made_up(link, {"http://silent.test"}, 40)).verdict ==
          peering::ArrivalVerdict::stored);
  REQUIRE(world.until([&] { return silent.held() == delivery::RouteQueue::kMostOfParty; }));
  world.alice.send(back, "are you there?");
  REQUIRE(world.until([&] { return world.bob.has_text("are you there?"); }));
  world.bob.send(chat, "yes");
  REQUIRE(world.until([&] { return world.alice.has_text("yes"); }));
  CHECK(silent.held() == delivery::RouteQueue::kMostOfParty);
  CHECK(world.alice.engine().accounts().connectivity(Peer::kAccount).value_or(0) >= 3000);

  // Who joins by another invite has places beside theirs.
  Peer carol(world.network, world.clock, "carol");
  const auto group = answer<ChatId>([&](base::Completion<ChatId> done) {
    world.alice.engine().groups().create(Peer::kAccount, "Crew", std::move(done));
  });
  REQUIRE(group);
  const auto other = answer<std::string>([&](base::Completion<std::string> done) {
    world.alice.engine().securejoin().invite(Peer::kAccount, *group, std::move(done));
  });
  REQUIRE(other);
  start_joining(carol, *other);
  REQUIRE(world.until([&] { return joined(carol); }));
  CHECK(silent.held() == delivery::RouteQueue::kMostOfParty);

  // By the same one as well, once some of theirs ended.
  Peer dave(world.network, world.clock, "dave");
  start_joining(dave, link);
  REQUIRE(world.until([&] {
    silent.let_go();
    return joined(dave);
  }));
}

TEST_CASE("a made-up joiner is sought at one of its URLs, a few times, and forgotten") {
  World world;
  Door first(world.network, "http://first.test", false);
  Door second(world.network, "http://second.test", false);
  const std::string link = world.alice.invite();
  const std::vector<std::string> urls{"ftp://first.test", "http://first.test",
                                      "http://second.test"};
  const base::Bytes asker = made_up(link, urls);
  REQUIRE(deposit(world, world.alice, link, {asker}).verdict == peering::ArrivalVerdict::stored);
  REQUIRE(world.until([&] { return first.knocks() >= 3; }));
  CHECK(pending(world.alice) == 1);
  REQUIRE(world.until([&] {
    pass(world, 5 * kMinute);
    return pending(world.alice) == 0;
  }));
  CHECK(first.knocks() == kernel::kStrangerTries);
  CHECK(second.knocks() == 0);
  // Nothing of it is left.
  auto read = world.alice.store().read();
  REQUIRE(read);
  for (const char* table : {"route", "session", "outbox", "deposit_token WHERE purpose = 2"}) {
    CHECK(read->connection().integer("SELECT count(*) FROM " + std::string(table)).value() == 0);
  }
  // It may ask again.
  REQUIRE(deposit(world, world.alice, link, {asker}).verdict == peering::ArrivalVerdict::stored);
  CHECK(world.until([&] { return first.knocks() > kernel::kStrangerTries; }));
}

TEST_CASE("whoever repeats its request is answered again at once") {
  World world;
  Door door(world.network, "http://door.test", false);
  const std::string link = world.alice.invite();
  const base::Bytes asker = made_up(link, {"http://door.test"});
  REQUIRE(deposit(world, world.alice, link, {asker}).verdict == peering::ArrivalVerdict::stored);
  REQUIRE(world.until([&] { return door.knocks() == 3; }));  // the next try is minutes away
  REQUIRE(deposit(world, world.alice, link, {asker}).verdict == peering::ArrivalVerdict::stored);
  CHECK(world.until([&] { return door.knocks() == 4; }));
  CHECK(pending(world.alice) == 1);
}

TEST_CASE("many who ask at once evict nobody of the same invite, and nobody of another") {
  World world;
  Door door(world.network, "http://door.test", false);
  const std::string link = world.alice.invite();
  const base::Bytes before = made_up(link, {"http://door.test"});
  REQUIRE(deposit(world, world.alice, link, {before}).verdict == peering::ArrivalVerdict::stored);

  // Through a relay they may come by the hundred.
  const auto invite = crypto::parse_invite(link);
  DepositToken token;
  REQUIRE(crypto::base64url_decode_to(invite->token, token.bytes));
  std::vector<peering::RelayedEnvelope> flood;
  for (base::Bytes& envelope : made_up(link, {"http://door.test"}, 300)) {
    flood.push_back({deposit_key_id(token), std::move(envelope)});
  }
  const auto taken = answer<bool>([&](base::Completion<bool> done) {
    world.alice.engine().relayed().accept(Peer::kAccount, std::move(flood), std::move(done));
  });
  CHECK(taken.value_or(false));  // acknowledged: the relay forgets them
  CHECK(pending(world.alice) == peering::kMaxPendingAnswers);
  {
    auto read = world.alice.store().read();
    CHECK(read->connection().integer("SELECT min(id) FROM pending_join").value() == 1);
  }

  // Another joiner is asked to come later, and gets in once the flood is minutes old.
  CHECK(deposit(world, world.alice, link, {made_up(link, {"http://door.test"})}).verdict ==
        peering::ArrivalVerdict::too_many);
  start_joining(world.bob, link);
  pass(world, 11 * kMinute);
  REQUIRE(world.until([&] { return joined(world.bob); }));
  CHECK(pending(world.alice) <= peering::kMaxPendingAnswers);
}

TEST_CASE("a joiner that cannot be reached for an hour asks again, and joins") {
  World world;
  const std::string link = world.alice.invite();
  world.bob.stop();  // its URL leads nowhere from now on, though it can ask
  world.bob.move_to("http://bob-elsewhere.test");
  world.bob.start();
  world.network.detach("http://bob-elsewhere.test");
  start_joining(world.bob, link);
  REQUIRE(world.until([&] { return pending(world.alice) == 1; }));
  REQUIRE(world.until([&] {
    pass(world, 5 * kMinute);
    return pending(world.alice) == 0;
  }));
  world.network.attach("http://bob-elsewhere.test", world.bob.engine());
  // Alice may have forgotten Bob just after he asked: from here he asks again within an hour. The
  // clock stops then, so that nothing that was deposited is old enough to be deposited again.
  const base::Millis forgotten_at = world.clock.uptime();
  REQUIRE(world.until([&] {
    if (world.clock.uptime() - forgotten_at < 2 * kHour) world.clock.advance(kMinute);
    return joined(world.bob);
  }));
  // Each step was reported once.
  std::vector<std::uint16_t> reported;
  for (const auto& progress : world.bob.events_of<SecurejoinJoinerProgress>()) {
    reported.push_back(static_cast<std::uint16_t>(progress.progress));
  }
  CHECK(reported == std::vector<std::uint16_t>{200, 400, 600, 1000});
}

TEST_CASE("a member known by its card alone is asked for a session a few times an hour") {
  Three world;
  // Carol's gateway answers Alice as ever, and nobody else.
  class Gate final : public peering::Mailroom {
   public:
    explicit Gate(peering::Mailroom& carol) : carol_(carol) {}
    void accept(peering::Arrival arrival, base::Completion<peering::ArrivalReply> done) override {
      {
        base::Lock lock(mutex_);
        if (learns_) known_.insert(arrival.proof.key_id);
        if (!known_.contains(arrival.proof.key_id)) {
          ++refused_;
          return done(peering::ArrivalReply{peering::ArrivalVerdict::unavailable, 0, 0});
        }
      }
      carol_.accept(std::move(arrival), std::move(done));
    }
    void know_no_more() {
      base::Lock lock(mutex_);
      learns_ = false;
    }
    std::size_t refused() {
      base::Lock lock(mutex_);
      return refused_;
    }

   private:
    peering::Mailroom& carol_;
    base::Mutex mutex_;
    bool learns_ GUARDED_BY(mutex_) = true;
    std::set<DepositKeyId> known_ GUARDED_BY(mutex_);
    std::size_t refused_ GUARDED_BY(mutex_) = 0;
  };
  Gate gate(world.carol.engine());
  world.network.detach("http://carol.test");
  world.network.attach("http://carol.test", gate);
  const auto to_carol =
      world.alice.engine().chats().find_by_contact(kAccount, world.carol_at_alice);
  REQUIRE(to_carol);
  world.alice.send(**to_carol, "hello Carol");
  REQUIRE(world.until([&] { return world.carol.has_text("hello Carol"); }));
  gate.know_no_more();

  const ChatId chat = Three::create(world.alice, "Shift 2");
  Three::add(world.alice, chat, world.bob_at_alice);
  Three::add(world.alice, chat, world.carol_at_alice);
  world.alice.send(chat, "welcome");
  REQUIRE(world.until([&] { return world.bob.has_text("welcome") && gate.refused() >= 3; }));
  const ChatId bobs = Three::group_at(world.bob);
  for (int i = 0; i < 20; ++i) world.bob.send(bobs, "hello " + std::to_string(i));
  for (int i = 0; i < 30; ++i) {
    world.bob.engine().accounts().poke();  // the pauses of others end
    pass(world, 2 * kMinute);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  // Bob's requests, and his answers to Carol's, which are there again every ten minutes.
  INFO(gate.refused());
  CHECK(gate.refused() <= 25);
  world.network.detach("http://carol.test");
  world.network.attach("http://carol.test", world.carol.engine());
  CHECK(world.until([&] {
    world.clock.advance(kMinute / 2);
    return world.carol.has_text("hello 19");
  }));
}
