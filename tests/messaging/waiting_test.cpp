// Where a message is on its way can be asked for while it waits (get_message_info).
#include <algorithm>

#include "tests/support/world.h"

using namespace test;

namespace {

// The line about a message's only recipient; "" once nothing is left to do.
std::string way_of(Peer& peer, MsgId id) {
  const auto trace = peer.engine().messages().trace(Peer::kAccount, id);
  REQUIRE(trace.ok());
  REQUIRE(trace->steps.size() <= 1);
  return trace->steps.empty() ? std::string() : trace->steps.front();
}

}  // namespace

TEST_CASE("what holds a message up can be asked for while it waits") {
  World world;
  const ChatId chat = world.join(world.bob, world.alice);
  world.network.set({.cut = true});
  const MsgId sent = world.bob.send(chat, "hello?");
  CHECK(world.until([&] {
    const std::string line = way_of(world.bob, sent);
    return line.find("To alice: ") == 0 &&
           line.find(" tries in a row to reach the gateway failed") != std::string::npos &&
           line.find("because it could not be reached; the next ") != std::string::npos;
  }));
  world.network.set({});
  CHECK(world.until([&] { return way_of(world.bob, sent).empty(); }));
  CHECK(world.bob.state(sent) == MsgState::out_delivered);
}

TEST_CASE("how much of a large file is sent can be asked for, and events name its message") {
  World world;
  TempDir outside;
  const ChatId chat = world.join(world.bob, world.alice);
  MessageDraft draft;
  draft.file = outside.file("large.bin", std::string(6 * 1024 * 1024, 'x'));
  world.network.hold(true);
  const MsgId sent = world.bob.send(chat, draft);
  REQUIRE(world.until([&] { return world.network.newest_held("bob") != 0; }));
  CHECK(way_of(world.bob, sent) == "To alice: 0 of 25 parts of the file are sent.");
  world.network.release(world.network.newest_held("bob"));
  CHECK(world.until(
      [&] { return way_of(world.bob, sent) == "To alice: 7 of 25 parts of the file are sent."; }));
  world.network.hold(false);
  REQUIRE(world.until([&] { return way_of(world.bob, sent).empty(); }));
  const auto changed = world.bob.events_of<MsgsChanged>();
  CHECK(std::count(changed.begin(), changed.end(), MsgsChanged{chat, sent}) >= 4);
  CHECK(world.bob.events_of<ImexProgress>().back().progress == 1000);
}
