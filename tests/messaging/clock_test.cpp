// Clocks that jump, either way, at either side: nothing is lost, nothing expires too early, order
// stays as sent (decision 18).
#include "tests/messaging/talk.h"

using namespace test;

TEST_CASE("a clock moved a year either way, at either side, changes neither delivery nor order") {
  for (const base::Millis jump : {365 * kDay, -365 * kDay}) {
    for (const bool at_sender : {true, false}) {
      for (const bool restart : {false, true}) {
        CAPTURE(jump, at_sender, restart);
        World world;
        const ChatId alices = world.join(world.alice, world.bob);
        const ChatId bobs = world.bob.chat_with_peer();
        Peer& moved = at_sender ? world.alice : world.bob;
        std::vector<std::string> there;
        std::vector<std::string> back;
        const auto talk = [&](int count) {
          for (int i = 0; i < count; ++i) {
            there.push_back("a" + std::to_string(there.size()));
            world.alice.send(alices, there.back());
            back.push_back("b" + std::to_string(back.size()));
            world.bob.send(bobs, back.back());
          }
        };
        talk(3);
        world.network.set({.cut = true});
        talk(3);  // these wait while the clock jumps
        moved.clock().jump(jump);
        if (restart) moved.restart();
        world.clock.advance(20 * 60'000);  // past the grace, so that only doubt holds expiry back
        talk(3);
        world.network.set({});
        CHECK(world.until([&] {
          return said(world.bob, bobs, 'a').size() >= there.size() &&
                 said(world.alice, alices, 'b').size() >= back.size();
        }));
        moved.clock().jump(-jump);
        talk(2);
        CHECK(world.until([&] {
          return said(world.bob, bobs, 'a').size() >= there.size() &&
                 said(world.alice, alices, 'b').size() >= back.size();
        }));
        CHECK(said(world.bob, bobs, 'a') == there);
        CHECK(said(world.alice, alices, 'b') == back);
        CHECK(world.alice.events_of<MsgFailed>().empty());
        CHECK(world.bob.events_of<MsgFailed>().empty());
      }
    }
  }
}

TEST_CASE("nothing expires by a wall clock that was moved, and by the boot clock it does") {
  World world;
  const ChatId chat = world.join(world.bob, world.alice);
  world.network.set({.cut = true});
  const MsgId sent = world.bob.send(chat, "into the void");
  world.bob.clock().jump(40 * kDay);
  world.clock.advance(20 * 60'000);
  world.clock.advance(20 * kDay);  // long over the time, but the clock is in doubt
  int looks = 0;
  const bool looked =
      world.until([&] { return world.bob.state(sent) == MsgState::out_failed || ++looks > 400; });
  CHECK(looked);
  CHECK(world.bob.state(sent) == MsgState::out_pending);
  world.bob.clock().jump(-40 * kDay);
  world.network.set({});
  CHECK(world.until([&] { return world.alice.has_text("into the void"); }));
}

TEST_CASE("after three weeks without power a message is tried before it is given up") {
  World world;
  const ChatId chat = world.join(world.bob, world.alice);
  world.network.set({.cut = true});
  const MsgId sent = world.bob.send(chat, "late");
  world.bob.stop();
  world.bob.clock().jump(20 * kDay);
  world.network.set({});
  world.bob.start();
  CHECK(world.until([&] { return world.alice.has_text("late"); }));
  CHECK(world.bob.events_of<MsgFailed>().empty());
  CHECK(world.bob.state(sent) != MsgState::out_failed);
}
