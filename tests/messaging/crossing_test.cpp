// Two renewals of one session that cross: both sides lost it and both ask at once. Whichever way
// the six deposits of the two handshakes pass each other, all that is said arrives, without waiting
// for anything to be tried again.
#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/messaging/talk.h"

using namespace test;

namespace {

constexpr base::Millis kBudgetRefills = 30 * 60'000;

// Steps of the renewal that one side begins: its request, the other's answer, its Hello.
enum Step : int { kRequest, kAnswer, kHello };

class Crossing {
 public:
  explicit Crossing(Talk& talk) : network_(talk.world.network) {
    lose_sessions(talk.world.alice);
    lose_sessions(talk.world.bob);
    network_.hold(true);
    const std::uint64_t before = network_.newest_held("alice");
    const std::uint64_t before_bobs = network_.newest_held("bob");
    talk.alice_sends(1);
    talk.bob_sends(1);
    alices_.deposit = network_.held_after("alice", before);
    bobs_.deposit = network_.held_after("bob", before_bobs);
  }

  // The next step of Alice's renewal (or of Bob's) gets through. Returns when what it causes is
  // under way.
  void advance(bool alices) {
    Renewal& renewal = alices ? alices_ : bobs_;
    const bool to_alice = alices == (renewal.step == kAnswer);
    const std::string receiver = to_alice ? "alice" : "bob";
    const std::uint64_t before = network_.newest_held(receiver);
    INFO((alices ? "Alice's" : "Bob's") << " renewal, step " << renewal.step);
    network_.release(renewal.deposit);
    if (renewal.step != kHello) {
      renewal.deposit = network_.held_after(receiver, before);
    } else if ((alices ? bobs_ : alices_).step <= kAnswer) {
      // What it has to say, now that there is a session. Later steps may go the same way behind it.
      network_.release(network_.held_after(receiver, before));
    }
    ++renewal.step;
  }

 private:
  struct Renewal {
    int step = kRequest;
    std::uint64_t deposit = 0;  // of this step
  };

  Network& network_;
  Renewal alices_, bobs_;
};

std::int64_t look(Peer& peer, const char* query) {
  auto reader = peer.store().read();
  REQUIRE(reader.ok());
  const auto found = (*reader)->integer(query);
  REQUIRE(found.ok());
  return found->value_or(0);
}

// Nothing waits, and no receipt is pending.
bool idle(Peer& peer) {
  return look(peer,
              "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM pending_join)"
              " + (SELECT count(*) FROM pending_receipt WHERE sent_at = 0)") == 0;
}

std::string live_sessions(Peer& peer) {
  return std::to_string(look(peer, "SELECT count(*) FROM session WHERE state = 1")) +
         " of generation " +
         std::to_string(look(peer, "SELECT max(generation) FROM session WHERE state = 1"));
}

}  // namespace

TEST_CASE("renewals that cross in any order leave sessions on which all goes on") {
  Talk talk;
  // true: a step of Alice's renewal, false: of Bob's.
  std::vector<bool> order{false, false, false, true, true, true};
  do {
    for (int round = 0; round < 2; ++round) {  // which session has the smaller hash is chance
      std::string shown;
      for (const bool alices : order) shown += alices ? 'A' : 'B';
      CAPTURE(shown, round);
      Crossing crossing(talk);
      for (const bool alices : order) crossing.advance(alices);
      talk.world.network.hold(false);
      CHECK(talk.arrived());
      talk.alice_sends(2);
      talk.bob_sends(2);
      REQUIRE(talk.arrived());
      // By these two renewals alone: both sides use the same sessions, and began no others.
      const std::string sessions = live_sessions(talk.world.alice);
      CHECK(sessions == live_sessions(talk.world.bob));
      CHECK((sessions == "1 of generation 2" || sessions == "2 of generation 1"));
      // Nothing of this round is under way in the next one.
      REQUIRE(talk.world.until([&] { return idle(talk.world.alice) && idle(talk.world.bob); }));
      talk.world.clock.advance(kBudgetRefills);
    }
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(said(talk.world.bob, talk.bobs, 'a') == numbered("a", 0, talk.a));
  CHECK(said(talk.world.alice, talk.alices, 'b') == numbered("b", 0, talk.b));
}
