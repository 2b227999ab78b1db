// Calls: placed, accepted, declined, canceled and missed, and what each side sees of it.
#include "store/tables/calls.h"

#include <set>

#include "messaging/chats/call_rules.h"
#include "tests/messaging/three.h"

using namespace test;

namespace {

base::Result<MsgId> place(Peer& peer, ChatId chat, const std::string& info, bool video = false) {
  return answer<MsgId>([&](auto done) {
    peer.engine().calls().place(kAccount, chat, info, video, std::move(done));
  });
}
base::Result<> accept(Peer& peer, MsgId call, const std::string& info) {
  return answer<void>(
      [&](auto done) { peer.engine().calls().accept(kAccount, call, info, std::move(done)); });
}
base::Result<> end(Peer& peer, MsgId call) {
  return answer<void>(
      [&](auto done) { peer.engine().calls().end(kAccount, call, std::move(done)); });
}
CallState state(Peer& peer, MsgId call) {
  const auto found = peer.engine().calls().get(kAccount, call);
  if (!found) FAIL(found.error().message);
  return found->state;
}

struct Ringing : World {
  explicit Ringing(bool video = false)
      : at_bob(join(bob, alice)), at_alice(alice.chat_with_peer()) {
    const auto sent = place(alice, at_alice, "offer", video);
    REQUIRE(sent);
    placed = *sent;
    REQUIRE(until([&] { return bob.events_of<IncomingCall>().size() == 1; }));
    received = bob.events_of<IncomingCall>()[0].msg_id;
  }
  bool ended_at_both() {
    return until([&] {
      return times(alice, CallEnded{at_alice, placed}) == 1 &&
             times(bob, CallEnded{at_bob, received}) == 1;
    });
  }
  ChatId at_bob, at_alice;
  MsgId placed, received;
};

}  // namespace

TEST_CASE("a call rings, is accepted and completed, and both sides say so") {
  Ringing world(true);
  const auto came = world.bob.events_of<IncomingCall>()[0];
  CHECK(came.chat_id == world.at_bob);
  CHECK(came.place_call_info == "offer");
  CHECK(came.has_video);
  CHECK(world.alice.message(world.placed).type == Viewtype::call);
  CHECK(world.alice.message(world.placed).text == "Outgoing video call");
  CHECK(world.bob.message(world.received).text == "Incoming video call");
  CHECK(world.bob.engine().calls().get(kAccount, world.received)->offer == "offer");
  CHECK(state(world.alice, world.placed) == CallState::rings);
  // A ringing call is reported by its own event, not as a message besides.
  CHECK(times(world.bob, IncomingMsg{world.at_bob, world.received}) == 0);

  REQUIRE(accept(world.bob, world.received, "answer"));
  CHECK(world.until([&] {
    return times(world.bob, IncomingCallAccepted{world.at_bob, world.received, true}) == 1;
  }));
  CHECK(world.bob.state(world.received) == MsgState::in_seen);
  REQUIRE(world.until([&] {
    return times(world.alice, OutgoingCallAccepted{world.at_alice, world.placed, "answer"}) == 1;
  }));
  CHECK(state(world.alice, world.placed) == CallState::active);
  CHECK(state(world.bob, world.received) == CallState::active);
  REQUIRE(accept(world.bob, world.received, "again"));  // without effect

  world.clock.advance(2 * chats::kRings);  // it rings no longer, so it does not ring out
  REQUIRE(end(world.alice, world.placed));
  REQUIRE(world.ended_at_both());
  CHECK(state(world.alice, world.placed) == CallState::completed);
  CHECK(state(world.bob, world.received) == CallState::completed);
  CHECK(world.alice.message(world.placed).text.starts_with("Outgoing video call\n"));
  CHECK(world.alice.engine().calls().get(kAccount, world.placed)->duration >= 2 * chats::kRings);
  CHECK(world.bob.message(world.received).text.find(" minutes") != std::string::npos);
  CHECK(world.until([&] { return world.alice.events_of<OutgoingCallAccepted>().size() == 1; }));
  REQUIRE(end(world.alice, world.placed));  // without effect
  CHECK(world.until([&] {
    return times(world.alice, CallEnded{world.at_alice, world.placed}) == 1;
  }));
}

TEST_CASE("a call is declined by the callee") {
  Ringing world;
  REQUIRE(end(world.bob, world.received));
  REQUIRE(world.ended_at_both());
  CHECK(state(world.alice, world.placed) == CallState::declined);
  CHECK(state(world.bob, world.received) == CallState::declined);
  CHECK(world.alice.message(world.placed).text == "Declined call");
  CHECK(world.bob.message(world.received).text == "Declined call");
  REQUIRE(accept(world.bob, world.received, "too late"));
  CHECK(world.bob.events_of<IncomingCallAccepted>().empty());
  CHECK(state(world.bob, world.received) == CallState::declined);
}

TEST_CASE("a call is canceled by its caller, which the callee missed") {
  Ringing world;
  REQUIRE(end(world.alice, world.placed));
  REQUIRE(world.ended_at_both());
  CHECK(state(world.alice, world.placed) == CallState::canceled);
  CHECK(state(world.bob, world.received) == CallState::missed);
  CHECK(world.alice.message(world.placed).text == "Canceled call");
  CHECK(world.bob.message(world.received).text == "Missed call");
}

TEST_CASE("a call that nobody answers rings out at both, also while a daemon is off") {
  Ringing world;
  world.bob.stop();
  world.clock.advance(chats::kRings + 1000);
  world.bob.start();
  REQUIRE(world.ended_at_both());
  CHECK(state(world.alice, world.placed) == CallState::declined);
  CHECK(state(world.bob, world.received) == CallState::missed);
  CHECK(world.alice.message(world.placed).text == "Canceled call");
  CHECK(world.bob.message(world.received).text == "Missed call");
}

TEST_CASE("a call that comes too late, or after its end, does not ring") {
  World world;
  const ChatId at_bob = world.join(world.bob, world.alice);
  const ChatId at_alice = world.alice.chat_with_peer();
  const bool canceled = GENERATE(false, true);
  world.bob.stop();
  const auto placed = place(world.alice, at_alice, "offer");
  REQUIRE(placed);
  if (canceled) REQUIRE(end(world.alice, *placed));
  if (!canceled) world.clock.advance(chats::kRings + 1000);
  world.bob.start();
  REQUIRE(world.until([&] { return world.bob.has_text("Missed call"); }));
  const MsgId received = *world.bob.find_text("Missed call");
  CHECK(state(world.bob, received) == CallState::missed);
  if (!canceled) {
    CHECK(world.bob.events_of<IncomingCall>().empty());
    CHECK(world.until([&] { return times(world.bob, IncomingMsg{at_bob, received}) == 1; }));
  }
}

TEST_CASE("calls arrive in any order with their ends, and each ends once") {
  World world;
  world.join(world.bob, world.alice);
  const ChatId at_alice = world.alice.chat_with_peer();
  world.network.set({.lose_request = 0.3, .lose_reply = 0.3, .duplicate = 0.5, .reorder = true});
  std::vector<MsgId> placed;
  for (int i = 0; i < 10; ++i) {
    placed.push_back(*place(world.alice, at_alice, "offer"));
    REQUIRE(end(world.alice, placed.back()));
  }
  REQUIRE(world.until([&] {
    const auto texts = world.bob.texts(world.bob.chat_with_peer());
    return std::count(texts.begin(), texts.end(), "Missed call") == 10;
  }));
  world.network.set({});
  CHECK(world.until([&] {
    return std::all_of(placed.begin(), placed.end(), [&](MsgId one) {
      return world.alice.state(one) == MsgState::out_delivered;
    });
  }));
  for (const MsgId one : placed)
    CHECK(world.until([&] { return times(world.alice, CallEnded{at_alice, one}) == 1; }));
  std::set<MsgId> ended;
  for (const CallEnded& event : world.bob.events_of<CallEnded>()) {
    CHECK(ended.insert(event.msg_id).second);
  }
}

TEST_CASE("who may not call is shown, but does not ring") {
  World world;
  world.join(world.bob, world.alice);
  world.bob.set_config("who_can_call_me", "2");
  REQUIRE(place(world.alice, world.alice.chat_with_peer(), "offer"));
  REQUIRE(world.until([&] { return world.bob.has_text("Incoming audio call"); }));
  CHECK(world.bob.events_of<IncomingCall>().empty());
}

TEST_CASE("calls go to one contact, and are neither edited, forwarded nor sent again") {
  Ringing world;
  const ChatId group = Three::create(world.alice, "Shift 2");
  CHECK_FALSE(place(world.alice, group, "offer"));
  CHECK_FALSE(place(world.alice, world.alice.saved_messages(), "offer"));
  CHECK_FALSE(place(world.alice, ChatId(4711), "offer"));
  CHECK_FALSE(place(world.alice, world.at_alice, std::string(kMaxCallInfo + 1, 'x')));
  CHECK_FALSE(place(world.alice, world.at_alice, "\xff"));
  CHECK_FALSE(accept(world.alice, world.placed, "my own"));
  const MsgId text = world.alice.send(world.at_alice, "no call");
  CHECK_FALSE(accept(world.alice, text, ""));
  CHECK_FALSE(end(world.alice, text));
  CHECK_FALSE(world.alice.engine().calls().get(kAccount, text));
  CHECK_FALSE(answer<void>([&](auto done) {
    world.alice.engine().messages().edit(kAccount, world.placed, "Missed call", std::move(done));
  }));
  CHECK_FALSE(answer<void>([&](auto done) {
    world.alice.engine().messages().resend(kAccount, {world.placed}, std::move(done));
  }));
  CHECK_FALSE(answer<void>([&](auto done) {
    world.bob.engine().messages().forward(kAccount, {world.received}, world.bob.saved_messages(),
                                          std::move(done));
  }));
}

TEST_CASE("a deleted call is gone with what it held, and its end costs nothing") {
  Ringing world;
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().messages().remove(kAccount, {world.received}, std::move(done));
  }));
  REQUIRE(end(world.alice, world.placed));
  world.alice.send(world.at_alice, "after it");
  REQUIRE(world.until([&] { return world.bob.has_text("after it"); }));
  CHECK(world.bob.events_of<CallEnded>().empty());
  CHECK_FALSE(world.bob.has_text("Missed call"));
}
