// Accounts that are reached through a relay: what they announce of themselves, which keys are to
// hold there, and what comes that way in.
#include "messaging/peering/relayed.h"

#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <atomic>

#include "messaging/peering/relay_choice.h"
#include "tests/support/world.h"

using namespace test;

static std::atomic<bool> disks_full{false};

// Stands in for the C library's, which the store asks for room.
extern "C" int statvfs(const char* path, struct statvfs* out) noexcept {
  struct statfs info {};
  if (statfs(path, &info) != 0) return -1;
  *out = {};
  out->f_frsize = static_cast<unsigned long>(info.f_bsize);
  out->f_blocks = info.f_blocks;
  out->f_bavail = disks_full ? 0 : info.f_bavail;
  return 0;
}

namespace {

constexpr const char* kRelay = "http://relay.test";

// Keeps what is deposited by keys that it knows, until it is fetched.
class FakeRelay final : public peering::Mailroom {
 public:
  explicit FakeRelay(Network& network) : network_(network) { network_.attach(kRelay, *this); }
  ~FakeRelay() override { network_.detach(kRelay); }

  void accept(peering::Arrival arrival, base::Completion<peering::ArrivalReply> done) override {
    base::Lock lock(mutex_);
    const auto key = keys_.find(arrival.proof.key_id);
    if (key == keys_.end() ||
        !proof_holds(key->second, arrival.proof, arrival.mailbox, arrival.body)) {
      ++refused;
      return done(peering::ArrivalReply{peering::ArrivalVerdict::unproven, 0, 0});
    }
    const auto envelopes = split_body(arrival.body);
    if (!envelopes) return done(peering::ArrivalReply{peering::ArrivalVerdict::malformed, 0, 0});
    for (const base::ByteView one : *envelopes) {
      kept_[arrival.mailbox].push_back({arrival.proof.key_id, base::to_bytes(one)});
    }
    done(peering::ArrivalReply{peering::ArrivalVerdict::stored, 0, 0});
  }
  // As a link does: registers the keys, fetches what waits.
  void serve(Peer& peer) {
    const auto accounts = peer.engine().relayed().accounts();
    if (accounts.empty()) return;
    const auto keys = peer.engine().relayed().keys(Peer::kAccount);
    std::vector<peering::RelayedEnvelope> waiting;
    {
      base::Lock lock(mutex_);
      for (const peering::WantedKey& key : *keys) keys_[key.key_id] = key.key;
      waiting = std::exchange(kept_[accounts.front().home.mailbox], {});
    }
    if (waiting.empty()) return;
    const auto stored = answer<bool>([&](base::Completion<bool> done) {
      peer.engine().relayed().accept(Peer::kAccount, std::move(waiting), std::move(done));
    });
    CHECK(stored.value_or(false));
  }

  std::atomic<int> refused{0};

 private:
  Network& network_;
  base::Mutex mutex_;
  std::map<DepositKeyId, DepositKey> keys_ GUARDED_BY(mutex_);
  std::map<std::string, std::vector<peering::RelayedEnvelope>> kept_ GUARDED_BY(mutex_);
};

struct RelayedWorld {
  World world;
  FakeRelay relay{world.network};

  RelayedWorld() {
    for (Peer* peer : {&world.alice, &world.bob}) peer->set_config("relay_url", kRelay);
  }
  bool until(const std::function<bool()>& holds) {
    return world.until([&] {
      relay.serve(world.alice);
      relay.serve(world.bob);
      return holds();
    });
  }
  ChatId start_joining(const std::string& link) {
    const auto chat = answer<ChatId>([&](base::Completion<ChatId> done) {
      world.bob.engine().securejoin().join(Peer::kAccount, link, std::move(done));
    });
    REQUIRE(chat.ok());
    return *chat;
  }
  void finish_joining() {
    const bool joined = until([&] {
      const auto all = world.bob.events_of<SecurejoinJoinerProgress>();
      return !all.empty() && all.back().progress == 1000;
    });
    for (const auto& failure : world.bob.events_of<Error>()) UNSCOPED_INFO(failure.msg);
    REQUIRE(joined);
  }
  ChatId join() {
    const std::string link = world.alice.invite();
    relay.serve(world.alice);
    const ChatId chat = start_joining(link);
    finish_joining();
    return chat;
  }
};

std::size_t wanted_keys(Peer& peer) { return peer.engine().relayed().keys(Peer::kAccount)->size(); }

}  // namespace

TEST_CASE("an account with a relay names it and its mailbox there in invites, and nothing else") {
  RelayedWorld world;
  const auto accounts = world.world.alice.engine().relayed().accounts();
  REQUIRE(accounts.size() == 1);
  const auto& home = accounts.front().home;
  CHECK(home.url == kRelay);
  CHECK(home.mailbox == peering::relay_mailbox_name(accounts.front().owner.public_key()));
  const std::string link = world.world.alice.invite();
  CHECK(link.find("m=" + home.mailbox) != std::string::npos);
  CHECK(link.find("relay.test") != std::string::npos);
  CHECK(link.find("%2F%2Falice.test") == std::string::npos);  // the address is a label alone
  // Two relays see two owners.
  const auto& identity = accounts.front().owner;
  CHECK(peering::relay_owner(identity, "http://a").public_key() !=
        peering::relay_owner(identity, "http://b").public_key());

  world.world.alice.set_config("relay_url", "none");
  CHECK(world.world.alice.engine().relayed().accounts().empty());
  CHECK(world.world.alice.invite().find("relay.test") == std::string::npos);
  world.world.alice.set_config("relay_url", std::nullopt);
  CHECK(world.world.alice.engine().relayed().accounts().empty());
}

TEST_CASE("a relay's URL that is none is refused by name") {
  World world;
  for (const char* bad : {"relay.example", "ftp://a", "https://a/path", "http://", "http://u@a"}) {
    const auto set = answer<void>([&](base::Completion<> done) {
      world.alice.engine().config().set(Peer::kAccount, {{"relay_url", bad}}, std::move(done));
    });
    REQUIRE_FALSE(set.ok());
    CHECK(set.error().message.find("relay_url") != std::string::npos);
  }
}

TEST_CASE("two accounts that only a relay reaches join, and what they write arrives once") {
  RelayedWorld world;
  const ChatId chat = world.join();
  for (int i = 0; i < 20; ++i) world.world.bob.send(chat, "b" + std::to_string(i));
  REQUIRE(world.until([&] { return world.world.alice.has_text("b19"); }));
  const ChatId at_alice = world.world.alice.chat_with_peer();
  CHECK(world.world.alice.texts(at_alice).size() == 20);
  world.world.alice.send(at_alice, "a0");
  CHECK(world.until([&] { return world.world.bob.has_text("a0"); }));
}

TEST_CASE("a join by an invite that the relay learns of a moment later is tried again") {
  RelayedWorld world;
  (void)world.start_joining(world.world.alice.invite());
  REQUIRE(world.world.until([&] { return world.relay.refused >= 2; }));
  world.finish_joining();
  CHECK(world.world.bob.events_of<Error>().empty());
}

TEST_CASE(
    "the keys wanted at a relay follow invites, joins and blocks, and each change is reported") {
  RelayedWorld world;
  Peer& alice = world.world.alice;
  std::atomic<int> reported{0};
  alice.engine().relayed().on_change([&](peering::Relayed::Change change, base::AccountId) {
    if (change == peering::Relayed::Change::keys) ++reported;
  });
  const auto before = alice.engine().relayed().version(Peer::kAccount);
  const std::size_t at_first = wanted_keys(alice);
  std::thread registrar([&] {
    // As a link does once the keys are at the relay.
    for (int i = 0; i < 400 && reported == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    alice.engine().relayed().keys_registered(Peer::kAccount,
                                             alice.engine().relayed().version(Peer::kAccount));
  });
  const std::string link = alice.invite();
  registrar.join();
  CHECK(reported >= 1);
  CHECK(wanted_keys(alice) == at_first + 1);
  CHECK(alice.engine().relayed().version(Peer::kAccount) > before);
  alice.engine().relayed().on_change({});

  world.join();
  const std::size_t joined = wanted_keys(alice);
  CHECK(joined >= at_first + 2);
  const auto toggled = answer<void>([&](base::Completion<> done) {
    alice.engine().securejoin().toggle_own(Peer::kAccount, link, std::move(done));
  });
  REQUIRE(toggled.ok());
  CHECK(wanted_keys(alice) == joined - 1);
  const auto blocked = answer<void>([&](base::Completion<> done) {
    alice.engine().contacts().set_blocked(Peer::kAccount, base::ContactId(kFirstId), true,
                                          std::move(done));
  });
  REQUIRE(blocked.ok());
  CHECK(wanted_keys(alice) < joined - 1);
}

TEST_CASE("what comes through a relay by a key that is not known is dropped, and said to be done") {
  RelayedWorld world;
  world.join();
  const auto stored = answer<bool>([&](base::Completion<bool> done) {
    world.world.alice.engine().relayed().accept(
        Peer::kAccount, {{DepositKeyId{}, base::Bytes(300, 1)}}, std::move(done));
  });
  CHECK(stored.value_or(false));
  // Junk by a known key as well: it opens nowhere.
  const auto keys = world.world.alice.engine().relayed().keys(Peer::kAccount);
  const auto junk = answer<bool>([&](base::Completion<bool> done) {
    world.world.alice.engine().relayed().accept(
        Peer::kAccount, {{keys->front().key_id, base::Bytes(300, 1)}}, std::move(done));
  });
  CHECK(junk.value_or(false));
  CHECK(world.world.alice.texts(world.world.alice.chat_with_peer()).empty());
}

TEST_CASE("a file that there is no room for holds up nothing behind it in the relay's mailbox") {
  RelayedWorld world;
  const ChatId alices = [&] {
    world.join();
    return world.world.alice.chat_with_peer();
  }();
  Peer& bob = world.world.bob;
  TempDir outside;
  MessageDraft draft;
  draft.text = "the report";
  draft.file = outside.file("report.txt", std::string(300'000, 'r'));
  world.world.alice.send(alices, draft);
  world.world.alice.send(alices, "behind it");
  disks_full = true;
  const bool came = world.until([&] { return bob.has_text("behind it"); });
  CHECK_FALSE(bob.has_text("the report"));
  disks_full = false;
  REQUIRE(came);
  world.world.clock.advance(2 * 3600 * base::Millis{1000});  // it is asked for again
  CHECK(world.until([&] { return bob.has_text("the report"); }));
}
