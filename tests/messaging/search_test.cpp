// Search and filters: case and form of letters make no difference.
#include "tests/support/world.h"

using namespace test;

TEST_CASE("messages, chats and contacts are found whatever case and form their letters have") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  const MsgId message = world.alice.send(chat, "Öl und ПРИВЕТ, Straße, i\u0307stanbul");
  const auto found = [&](const std::string& query) { return world.alice.search(query); };
  for (const char* query :
       {"öl", "o\u0308L", "привет", "Привет", "STRASSE", " öl ", "İSTANBUL", "istanbul"}) {
    CAPTURE(query);
    CHECK(found(query) == std::vector<MsgId>{message});
  }
  CHECK(found("ol").empty());
  CHECK(found("\u200b").empty());
  CHECK(found("\xff").empty());

  const auto group = answer<ChatId>([&](auto done) {
    world.alice.engine().groups().create(Peer::kAccount, "ΟΔΟΣ Ärzte", std::move(done));
  });
  REQUIRE(group);
  for (const char* query : {"οδος", "ärzte", "A\u0308RZTE"}) {
    CAPTURE(query);
    ChatListQuery wanted;
    wanted.text = query;
    const auto chats = world.alice.engine().chats().list(Peer::kAccount, wanted);
    REQUIRE(chats);
    CHECK(*chats == std::vector<ChatId>{*group});
  }

  world.bob.set_config("displayname", "Жанна Ångström");
  const ContactId bob = *world.alice.engine().chats().get(Peer::kAccount, chat)->dm_contact;
  const auto contacts = [&](const std::string& query) {
    return *world.alice.engine().contacts().ids(Peer::kAccount, false, query);
  };
  REQUIRE(world.until([&] { return contacts("жанна") == std::vector<ContactId>{bob}; }));
  CHECK(contacts("A\u030aNGSTRO\u0308M") == std::vector<ContactId>{bob});
  CHECK(contacts("\u212bngström") == std::vector<ContactId>{bob});
  CHECK(contacts("angstrom").empty());
}
