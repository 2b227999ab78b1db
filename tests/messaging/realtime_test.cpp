// Data in real time between copies of an app that run: who gets it, and that nothing of it stays.
#include "messaging/api/realtime.h"

#include "base/mutex.h"
#include "store/tables/accounts.h"
#include "store/tables/outbox.h"
#include "tests/messaging/three.h"
#include "tests/support/zip.h"

using namespace test;

namespace {

// The events of real time at a peer.
class Listener {
 public:
  explicit Listener(Peer& peer) { listen(peer); }
  void listen(Peer& peer) {
    peer.engine().realtime().on_events([this](const Event& event) {
      base::Lock lock(mutex_);
      if (const auto* data = std::get_if<WebxdcRealtimeData>(&event.body)) {
        received_.emplace_back(data->data.begin(), data->data.end());
      } else {
        ++advertised_;
      }
    });
  }
  std::vector<std::string> received() const {
    base::Lock lock(mutex_);
    return received_;
  }
  int advertised() const {
    base::Lock lock(mutex_);
    return advertised_;
  }

 private:
  mutable base::Mutex mutex_;
  std::vector<std::string> received_ GUARDED_BY(mutex_);
  int advertised_ GUARDED_BY(mutex_) = 0;
};

base::Result<> advertise(Peer& peer, MsgId app) {
  return answer<void>(
      [&](auto done) { peer.engine().realtime().advertise(kAccount, app, std::move(done)); });
}
base::Result<> say(Peer& peer, MsgId app, const std::string& data) {
  return answer<void>([&](auto done) {
    peer.engine().realtime().send(kAccount, app, base::Bytes(data.begin(), data.end()),
                                  std::move(done));
  });
}
base::Result<> leave(Peer& peer, MsgId app) {
  return answer<void>(
      [&](auto done) { peer.engine().realtime().leave(kAccount, app, std::move(done)); });
}
std::int64_t passing(Peer& peer, ContactId contact) {
  std::int64_t count = -1;
  const auto done = peer.store().write_now<void>([&](store::Tx& tx) -> base::Result<> {
    EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
    const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
    EDGE_TRY(const auto rows,
             store::passing_outbox(store::Scope{tx.db(), tx.vault(), key, kAccount}, contact));
    count = rows.count;
    return {};
  });
  if (!done) FAIL(done.error().message);
  return count;
}

struct Playing : Three {
  Playing() : listens_alice(alice), listens_bob(bob), listens_carol(carol) {
    chat = make_group();
    MessageDraft draft;
    draft.file = files.file("game.xdc", zip({{"index.html", "x"}}));
    draft.text = "play";
    at_alice = alice.send(chat, draft);
    REQUIRE(until([&] { return bob.has_text("play") && carol.has_text("play"); }));
    at_bob = *bob.find_text("play");
    at_carol = *carol.find_text("play");
  }
  TempDir files;
  Listener listens_alice, listens_bob, listens_carol;
  ChatId chat;
  MsgId at_alice, at_bob, at_carol;
};

}  // namespace

TEST_CASE("data goes to the copies that run, until they leave") {
  Playing world;
  REQUIRE(advertise(world.alice, world.at_alice));
  REQUIRE(world.until([&] {
    return world.listens_bob.advertised() == 1 && world.listens_carol.advertised() == 1;
  }));
  REQUIRE(advertise(world.bob, world.at_bob));
  REQUIRE(world.until([&] { return world.listens_alice.advertised() == 1; }));
  REQUIRE(say(world.alice, world.at_alice, "one"));
  REQUIRE(world.until([&] { return world.listens_bob.received().size() == 1; }));
  REQUIRE(world.until([&] {  // bob knows of alice by her answer
    REQUIRE(say(world.bob, world.at_bob, "two"));
    return !world.listens_alice.received().empty();
  }));
  CHECK(world.listens_alice.received()[0] == "two");
  CHECK(world.listens_carol.received().empty());  // its copy does not run
  REQUIRE(leave(world.bob, world.at_bob));
  REQUIRE(say(world.alice, world.at_alice, "three"));
  world.alice.send(world.chat, "after");
  REQUIRE(world.until([&] { return world.bob.has_text("after"); }));
  CHECK(world.listens_bob.received() == std::vector<std::string>{"one"});
  CHECK(passing(world.alice, world.bob_at_alice) == 0);
  // Nothing of it is in the log of events.
  CHECK(world.bob.events_of<WebxdcRealtimeData>().empty());
}

TEST_CASE("who cannot be reached misses the data, and nothing waits for it") {
  Playing world;
  REQUIRE(advertise(world.bob, world.at_bob));
  REQUIRE(world.until([&] { return world.listens_alice.advertised() == 1; }));
  REQUIRE(advertise(world.alice, world.at_alice));
  REQUIRE(world.until([&] { return world.listens_bob.advertised() == 1; }));
  REQUIRE(world.until([&] {  // alice knows of bob by its answer
    REQUIRE(say(world.alice, world.at_alice, "here"));
    return !world.listens_bob.received().empty();
  }));
  world.network.set({.cut = true});
  REQUIRE(say(world.alice, world.at_alice, "lost"));
  world.clock.advance(11'000);
  REQUIRE(say(world.alice, world.at_alice, "lost too"));  // drops what waited, and gives up
  CHECK(passing(world.alice, world.bob_at_alice) == 0);
  REQUIRE(say(world.alice, world.at_alice, "to nobody"));
  CHECK(passing(world.alice, world.bob_at_alice) == 0);
  world.network.set({});
  world.alice.send(world.chat, "after");
  REQUIRE(world.until([&] { return world.bob.has_text("after"); }));
  const auto received = world.listens_bob.received();
  CHECK(std::all_of(received.begin(), received.end(),
                    [](const std::string& one) { return one == "here"; }));
}

TEST_CASE("data is bounded by size and rate, and goes from apps alone") {
  Playing world;
  CHECK_FALSE(say(world.alice, world.at_alice, std::string(kMaxRealtimeData + 1, 'x')));
  const MsgId text = world.alice.send(world.chat, "no app");
  CHECK_FALSE(say(world.alice, text, "x"));
  CHECK_FALSE(advertise(world.alice, MsgId(4711)));
  int refused = 0;
  for (int i = 0; i < 400; ++i) refused += say(world.alice, world.at_alice, "x") ? 0 : 1;
  CHECK(refused >= 100);
}
