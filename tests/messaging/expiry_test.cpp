// What is given up says why, and can be sent once more.
#include "tests/messaging/three.h"

using namespace test;

namespace {

base::Result<> resend(Peer& peer, std::vector<MsgId> messages) {
  return answer<void>([&](auto done) {
    peer.engine().messages().resend(Peer::kAccount, std::move(messages), std::move(done));
  });
}

}  // namespace

TEST_CASE("a message that failed says why, and resend_messages delivers it once") {
  World world;
  const ChatId chat = world.join(world.bob, world.alice);
  world.network.set({.cut = true});
  const MsgId sent = world.bob.send(chat, "try me");
  world.clock.advance(kernel::kExpireAfter + 120'000);
  REQUIRE(world.until([&] { return world.bob.state(sent) == MsgState::out_failed; }));
  CHECK(world.bob.message(sent).error ==
        "The recipient's gateway could not be reached in 14 days.");
  world.network.set({});
  REQUIRE(resend(world.bob, {sent}));
  CHECK(world.until([&] { return world.alice.has_text("try me"); }));
  CHECK(world.until([&] { return world.bob.state(sent) == MsgState::out_delivered; }));
  CHECK(world.bob.message(sent).error.empty());
  // Once more is no second message.
  REQUIRE(resend(world.bob, {sent}));
  const MsgId last = world.bob.send(chat, "after it");
  CHECK(world.until([&] { return world.alice.has_text("after it"); }));
  CHECK(world.alice.texts(world.alice.chat_with_peer()) ==
        std::vector<std::string>{"try me", "after it"});
  CHECK(world.until([&] { return world.bob.state(last) == MsgState::out_delivered; }));
}

TEST_CASE("only own messages are sent again, all of a call or none") {
  World world;
  const ChatId chat = world.join(world.bob, world.alice);
  const MsgId sent = world.bob.send(chat, "mine");
  REQUIRE(world.until([&] { return world.alice.has_text("mine"); }));
  const MsgId theirs = *world.alice.find_text("mine");
  const auto refused = resend(world.alice, {theirs});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == base::Errc::invalid_argument);
  CHECK_FALSE(resend(world.bob, {sent, MsgId(9999)}).ok());
  REQUIRE(world.until([&] { return world.bob.state(sent) == MsgState::out_delivered; }));
}

TEST_CASE("a group message that one member never got names the member") {
  Three world;
  const ChatId chat = world.make_group();
  world.carol.stop();
  const MsgId sent = world.alice.send(chat, "all of you?");
  // Bob's device has acknowledged it, and nothing is left but carol's copy.
  REQUIRE(world.until([&] {
    const auto trace = world.alice.engine().messages().trace(Peer::kAccount, sent);
    return trace.ok() && trace->steps.size() == 1 && trace->steps[0].find("To carol: ") == 0;
  }));
  world.clock.advance(kernel::kExpireAfter + 120'000);
  REQUIRE(world.until([&] { return world.alice.state(sent) == MsgState::out_failed; }));
  CHECK(world.alice.message(sent).error ==
        "carol: The recipient's gateway could not be reached in 14 days.");
}
