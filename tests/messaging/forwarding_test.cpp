// Copies of messages in other chats, and a chat's messages by their kind.
#include "tests/messaging/three.h"

using namespace test;

namespace {

base::Result<> forward(Peer& peer, std::vector<MsgId> messages, ChatId chat) {
  return answer<void>([&](auto done) {
    peer.engine().messages().forward(kAccount, std::move(messages), chat, std::move(done));
  });
}

}  // namespace

TEST_CASE("what somebody wrote is forwarded in order and marked, with its file") {
  Three world;
  TempDir outside;
  const ChatId bobs = world.bob.chat_with_peer();
  const ChatId carols = world.carol.chat_with_peer();
  const ChatId to_carol = [&] {
    const auto chat = world.alice.engine().chats().find_by_contact(kAccount, world.carol_at_alice);
    REQUIRE((chat && *chat));
    return **chat;
  }();
  world.bob.send(bobs, "the pump is warm");
  MessageDraft picture;
  picture.file = outside.file("pump.jpg", "not really a picture");
  picture.text = "look";
  world.bob.send(bobs, picture);
  REQUIRE(world.until([&] { return world.alice.has_text("look"); }));
  const MsgId own = world.alice.send(world.alice_bob_at_alice(), "thanks");
  // The order is that of the messages, not of the call.
  world.clock.advance(10);
  REQUIRE(forward(world.alice,
                  {own, *world.alice.find_text("look"), *world.alice.find_text("the pump is warm")},
                  to_carol));
  REQUIRE(world.until([&] { return world.carol.has_text("thanks"); }));
  CHECK(world.carol.texts(carols) ==
        std::vector<std::string>{"the pump is warm", "look", "thanks"});
  const Message shown = world.carol.message(*world.carol.find_text("look"));
  CHECK(shown.is_forwarded);
  CHECK(shown.type == Viewtype::image);
  REQUIRE(shown.file);
  CHECK(shown.file->name == "pump.jpg");
  CHECK(world.carol.message(*world.carol.find_text("the pump is warm")).is_forwarded);
  CHECK(world.carol.message(*world.carol.find_text("thanks")).is_forwarded);

  const auto media = [&](Peer& peer, std::optional<ChatId> chat, Viewtype type, Viewtype other) {
    const auto found = peer.engine().messages().media(kAccount, chat, {type, other, other});
    REQUIRE(found.ok());
    return *found;
  };
  CHECK(media(world.carol, carols, Viewtype::image, Viewtype::gif) == std::vector{shown.id});
  CHECK(media(world.carol, std::nullopt, Viewtype::gif, Viewtype::image) == std::vector{shown.id});
  CHECK(media(world.carol, carols, Viewtype::video, Viewtype::gif).empty());
  CHECK_FALSE(world.carol.engine().messages().media(kAccount, ChatId(99), {}).ok());
}

TEST_CASE("of a call that names a message which is not there nothing is forwarded") {
  World world;
  const ChatId chat = world.join(world.bob, world.alice);
  const MsgId note = world.bob.send(world.bob.saved_messages(), "a note");
  const auto refused = forward(world.bob, {note, MsgId(9999)}, chat);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.find("Msg#9999") != std::string::npos);
  CHECK(world.bob.texts(chat).empty());
  CHECK_FALSE(forward(world.bob, std::vector<MsgId>(1001, note), chat).ok());
  const auto lines = world.bob.engine().messages().list(Peer::kAccount, chat, true, false);
  REQUIRE(lines);
  REQUIRE_FALSE(lines->empty());
  const auto line = forward(world.bob, {note, lines->front().message}, chat);
  REQUIRE_FALSE(line.ok());
  CHECK(line.error().message.find("cannot forward info messages") != std::string::npos);
}
