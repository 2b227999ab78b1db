// Sessions that were lost, or that one side's store went back behind, heal by themselves (decision
// 9): whatever is sent afterwards arrives once and in order.
#include "messaging/peering/renewal.h"

#include <algorithm>
#include <filesystem>

#include "messaging/peering/renewal_budget.h"
#include "tests/messaging/talk.h"

using namespace test;

namespace {

constexpr base::Millis kLongAgo = 3600 * base::Millis{1000};

// A copy of a gateway's whole directory, as a backup would have it.
class StoreCopy {
 public:
  explicit StoreCopy(Peer& peer) : peer_(peer) {
    peer_.stop();
    std::filesystem::copy(peer_.dir(), copy_.path(), kAll);
    peer_.start();
  }
  // The gateway goes on from the copy.
  void restore() {
    peer_.stop();
    for (const auto& entry : std::filesystem::directory_iterator(peer_.dir())) {
      std::filesystem::remove_all(entry.path());
    }
    std::filesystem::copy(copy_.path(), peer_.dir(), kAll);
    peer_.start();
  }

 private:
  static constexpr auto kAll =
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing;
  Peer& peer_;
  TempDir copy_;
};

// Two parts, and the next text of Alice's with them.
void send_file(Talk& talk, const TempDir& outside) {
  MessageDraft draft;
  draft.text = "a" + std::to_string(talk.a++);
  draft.file = outside.file("report.csv", std::string(300'000, 'x'));
  talk.world.alice.send(talk.alices, std::move(draft));
}

}  // namespace

TEST_CASE("a receiver that lost its sessions gets what is sent, once and in order") {
  Talk talk;
  talk.alice_sends(2);
  REQUIRE(talk.arrived());
  lose_sessions(talk.world.bob);
  talk.alice_sends(5);
  talk.bob_sends(5);
  CHECK(talk.arrived());
  CHECK(said(talk.world.bob, talk.bobs, 'a') == numbered("a", 0, 7));
  CHECK(said(talk.world.alice, talk.alices, 'b') == numbered("b", 0, 5));
}

TEST_CASE("a sender that lost its sessions makes a new one, and what waited arrives") {
  Talk talk;
  lose_sessions(talk.world.alice);
  talk.alice_sends(300);  // more than one slice
  CHECK(talk.arrived());
  CHECK(said(talk.world.bob, talk.bobs, 'a') == numbered("a", 0, 300));
}

TEST_CASE("when both lost the session and both begin a new one at once, all arrives") {
  Talk talk;
  lose_sessions(talk.world.alice);
  lose_sessions(talk.world.bob);
  talk.world.network.set({.cut = true});
  talk.alice_sends(3);
  talk.bob_sends(3);
  talk.world.network.set({});
  CHECK(talk.arrived());
  talk.alice_sends(3);
  talk.bob_sends(3);
  CHECK(talk.arrived());
  CHECK(said(talk.world.bob, talk.bobs, 'a') == numbered("a", 0, 6));
  CHECK(said(talk.world.alice, talk.alices, 'b') == numbered("b", 0, 6));
}

TEST_CASE("a file that waited for a new session arrives, before what proves the session") {
  Talk talk;
  talk.alice_sends(1);
  REQUIRE(talk.arrived());
  SECTION("the sender lost it") { lose_sessions(talk.world.alice); }
  SECTION("both lost it") {
    lose_sessions(talk.world.alice);
    lose_sessions(talk.world.bob);
  }
  SECTION("the receiver lost it") { lose_sessions(talk.world.bob); }
  TempDir outside;
  send_file(talk, outside);
  CHECK(talk.arrived());
  CHECK(said(talk.world.bob, talk.bobs, 'a') == numbered("a", 0, 2));
}

TEST_CASE("a file whose parts were lost comes again in a new session") {
  Talk talk;
  talk.alice_sends(1);
  REQUIRE(talk.arrived());
  talk.world.clock.advance(kLongAgo);  // what comes now is no straggler of the join
  TempDir outside;
  talk.world.network.set({.cut = true});
  send_file(talk, outside);
  // As if the mailbox had lost what it said it held.
  auto lost = talk.world.alice.store().write_now<void>([](store::Tx& tx) -> base::Result<> {
    EDGE_CHECK(tx.db().run("UPDATE outbox SET state = 2, deposited_at = 9e15 WHERE kind = 5"));
    return {};
  });
  REQUIRE(lost.ok());
  talk.world.network.set({});
  CHECK(talk.arrived());
}

TEST_CASE("who may not ask for a new session now asks later, with nothing more coming") {
  Talk talk;
  talk.alice_sends(1);
  REQUIRE(talk.arrived());
  // More often than renewals are free.
  for (int i = 0; i < 6; ++i) {
    talk.world.clock.advance(peering::kStragglersComeFor);
    lose_sessions(talk.world.bob);
    talk.alice_sends(1);
    REQUIRE(talk.arrived());
  }
  talk.world.clock.advance(peering::kStragglersComeFor);
  lose_sessions(talk.world.bob);
  const std::size_t before = talk.world.network.deposits();
  talk.alice_sends(1);
  REQUIRE(talk.world.until([&] { return talk.world.network.deposits() > before; }));
  talk.world.clock.advance(peering::kRenewalRefill);
  CHECK(talk.arrived());
  CHECK(said(talk.world.bob, talk.bobs, 'a') == numbered("a", 0, talk.a));
}

TEST_CASE("a sender restored just after a renewal says one thing, and it arrives") {
  Talk talk;
  talk.alice_sends(1);
  talk.bob_sends(1);
  REQUIRE(talk.arrived());
  StoreCopy copy(talk.world.alice);
  talk.world.clock.advance(peering::kStragglersComeFor);
  lose_sessions(talk.world.bob);
  talk.alice_sends(1);  // renews
  REQUIRE(talk.arrived());
  copy.restore();
  talk.alice_sends(1);
  CHECK(talk.world.until(
      [&] { return said(talk.world.bob, talk.bobs, 'a') == numbered("a", 0, talk.a); }));
}

TEST_CASE("a sender restored from an old copy goes on, in order after what it forgot") {
  for (const int forgotten : {1, 4, 12}) {
    for (const bool answered : {false, true}) {
      for (const int later : {1, 8}) {
        CAPTURE(forgotten, answered, later);
        Talk talk;
        talk.alice_sends(3);
        talk.bob_sends(1);
        REQUIRE(talk.arrived());
        StoreCopy copy(talk.world.alice);
        talk.alice_sends(forgotten);
        if (answered) talk.bob_sends(2);
        REQUIRE(talk.arrived());
        copy.restore();
        talk.alice_sends(later);
        const auto all = numbered("a", 0, 3 + forgotten + later);
        CHECK(talk.world.until(
            [&] { return said(talk.world.bob, talk.bobs, 'a').size() >= all.size(); }));
        CHECK(said(talk.world.bob, talk.bobs, 'a') == all);
        talk.bob_sends(2);
        CHECK(talk.world.until(
            [&] { return talk.world.alice.has_text("b" + std::to_string(talk.b - 1)); }));
        talk.alice_sends(2);
        CHECK(talk.world.until(
            [&] { return said(talk.world.bob, talk.bobs, 'a') == numbered("a", 0, talk.a); }));
      }
    }
  }
}

TEST_CASE("a receiver restored from an old copy gets all that is sent afterwards") {
  Talk talk;
  talk.alice_sends(3);
  talk.bob_sends(1);
  REQUIRE(talk.arrived());
  StoreCopy copy(talk.world.bob);
  talk.alice_sends(4);
  talk.bob_sends(4);
  talk.alice_sends(1);
  REQUIRE(talk.arrived());
  copy.restore();
  talk.alice_sends(5);
  CHECK(talk.world.until([&] { return talk.world.bob.has_text("a12"); }));
  talk.bob_sends(3);
  CHECK(talk.world.until([&] { return talk.world.alice.has_text("b7"); }));
  // Of what the copy did not have, those come again that Alice had no word of; the others are gone.
  const auto shown = said(talk.world.bob, talk.bobs, 'a');
  const auto all = numbered("a", 0, 13);
  CHECK(std::includes(all.begin(), all.end(), shown.begin(), shown.end(), talk.earlier));
  for (const std::string& text : numbered("a", 8, 13)) {
    CHECK(std::count(shown.begin(), shown.end(), text) == 1);
  }
  CHECK(said(talk.world.alice, talk.alices, 'b') == numbered("b", 0, 8));
}

TEST_CASE("a read receipt that was sent on a session which is lost over there is sent again") {
  Talk talk;
  talk.alice_sends(2);
  REQUIRE(talk.arrived());
  const auto first = talk.world.alice.find_text("a0");
  const auto second = talk.world.alice.find_text("a1");
  REQUIRE((first && second));
  talk.world.bob.mark_seen({*talk.world.bob.find_text("a0")});
  const auto read = [&](MsgId id) {
    return talk.world.until([&] { return talk.world.alice.state(id) == MsgState::out_read; });
  };
  REQUIRE(read(*first));
  lose_sessions(talk.world.alice);
  talk.world.bob.mark_seen({*talk.world.bob.find_text("a1")});
  CHECK(read(*second));
  // What was known already is no news.
  const auto news = talk.world.alice.events_of<MsgRead>();
  CHECK(std::count(news.begin(), news.end(), MsgRead{talk.alices, *first}) == 1);
}
