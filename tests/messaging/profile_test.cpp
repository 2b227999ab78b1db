// What an account says of itself, and where it is reached, follows at its contacts.
#include "tests/support/world.h"

using namespace test;

namespace {

Contact peer_of(Peer& peer, ChatId chat) {
  const auto contact = peer.engine().chats().get(Peer::kAccount, chat)->dm_contact;
  return *peer.engine().contacts().get(Peer::kAccount, *contact);
}

std::int64_t count_tokens(Peer& peer, int purpose) {
  auto reader = peer.store().read();
  REQUIRE(reader.ok());
  const auto count =
      reader->connection().integer("SELECT count(*) FROM deposit_token WHERE purpose = ?", purpose);
  REQUIRE(count.ok());
  return count->value_or(-1);
}

}  // namespace

TEST_CASE("a changed name, status and bot mark reach every contact") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  world.alice.forget_events();
  world.bob.set_config("displayname", "Bob the Pump");
  world.bob.set_config("selfstatus", "on duty");
  world.bob.set_config("bot", "1");
  CHECK(world.until([&] {
    const Contact bob = peer_of(world.alice, chat);
    return bob.auth_name == "Bob the Pump" && bob.status == "on duty" && bob.is_bot;
  }));
  CHECK_FALSE(world.alice.events_of<ContactsChanged>().empty());
  CHECK_FALSE(world.alice.events_of<ChatModified>().empty());
  CHECK(world.alice.engine().chats().get(Peer::kAccount, chat)->name == "Bob the Pump");
}

TEST_CASE("a change that was made while the contact was away reaches it later, the last one") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  world.network.set({.cut = true});
  for (const char* name : {"one", "two", "three"}) world.bob.set_config("displayname", name);
  world.bob.restart();
  world.network.set({.lose_reply = 0.3, .duplicate = 0.3, .reorder = true});
  CHECK(world.until([&] { return peer_of(world.alice, chat).auth_name == "three"; }));
}

TEST_CASE("each update rotates the contact's token; the old one admits no message any more") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  const std::int64_t before = count_tokens(world.bob, 2);
  world.bob.set_config("displayname", "Robert");
  REQUIRE(world.until([&] { return peer_of(world.alice, chat).auth_name == "Robert"; }));
  CHECK(count_tokens(world.bob, 2) == before + 1);  // both hold until the new one was used
  world.alice.send(chat, "with the new one");
  REQUIRE(world.until([&] { return world.bob.has_text("with the new one"); }));
  CHECK(world.until([&] { return count_tokens(world.bob, 2) == before; }));
  CHECK(count_tokens(world.bob, 4) == 1);
  world.alice.send(chat, "and again");
  CHECK(world.until([&] { return world.bob.has_text("and again"); }));
}

TEST_CASE("a gateway that moved notifies its contacts, and is written to at its new place") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  world.bob.move_to("http://elsewhere.test");
  world.bob.restart();
  world.alice.send(chat, "where are you?");  // the old place does not answer
  CHECK(world.until([&] { return world.bob.has_text("where are you?"); }));
}
