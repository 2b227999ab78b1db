// The profile picture: set, sent to contacts, replaced and removed.
#include <filesystem>

#include "tests/messaging/pictures.h"

using namespace test;

namespace {

base::Result<> set_avatar(Peer& peer, std::optional<std::string> path) {
  return answer<void>([&](auto done) {
    peer.engine().config().set(kAccount, {{"selfavatar", std::move(path)}}, std::move(done));
  });
}

std::optional<std::string> avatar(Peer& peer) {
  const auto value = peer.engine().config().get(kAccount, "selfavatar");
  REQUIRE(value.ok());
  return *value;
}

Contact contact_of(Peer& peer, ChatId chat) {
  const auto found = peer.engine().chats().get(kAccount, chat);
  REQUIRE(found.ok());
  return *peer.engine().contacts().get(kAccount, *found->dm_contact);
}

bool arrived(Peer& peer, ChatId chat, const std::string& picture) {
  const std::string path = contact_of(peer, chat).image;
  return !path.empty() && plain_picture(peer, path) == picture;
}

}  // namespace

TEST_CASE("a profile picture reaches contacts, is replaced and removed") {
  World world;
  TempDir files;
  const ChatId chat = world.join(world.alice, world.bob);
  CHECK_FALSE(avatar(world.bob));
  const std::string first(70'000, 'p');
  world.alice.forget_events();
  REQUIRE(set_avatar(world.bob, files.file("me.png", first)));
  CHECK(world.bob.events_of<SelfavatarChanged>().size() == 1);
  REQUIRE(avatar(world.bob));
  CHECK(read_file(*avatar(world.bob)).find("pppp") == std::string::npos);  // sealed
  CHECK(plain_picture(world.bob, *avatar(world.bob)) == first);
  CHECK(world.bob.engine().contacts().get(kAccount, kSelf)->image == *avatar(world.bob));
  CHECK(world.bob.engine().accounts().get(kAccount)->image == *avatar(world.bob));

  REQUIRE(world.until([&] { return arrived(world.alice, chat, first); }));
  CHECK_FALSE(world.alice.events_of<ContactsChanged>().empty());
  CHECK(world.alice.engine().chats().get(kAccount, chat)->image ==
        contact_of(world.alice, chat).image);

  const std::size_t held = files_of(world.alice);
  REQUIRE(set_avatar(world.bob, files.file("new.jpg", "another")));
  REQUIRE(world.until([&] { return arrived(world.alice, chat, "another"); }));
  // What was shown before is gone, but for the copies that this test sent.
  REQUIRE(set_avatar(world.bob, std::nullopt));
  CHECK_FALSE(avatar(world.bob));
  CHECK(world.until([&] { return contact_of(world.alice, chat).image.empty(); }));
  CHECK(world.alice.engine().chats().get(kAccount, chat)->image.empty());
  CHECK(world.until([&] { return files_of(world.alice) <= held + 1; }));
  CHECK(world.bob.events_of<SelfavatarChanged>().size() == 3);
}

TEST_CASE("whoever joins later gets the picture, and one that was away gets the last") {
  World world;
  TempDir files;
  REQUIRE(set_avatar(world.bob, files.file("me.png", "before the join")));
  const ChatId chat = world.join(world.alice, world.bob);
  REQUIRE(world.until([&] { return arrived(world.alice, chat, "before the join"); }));

  world.network.set({.cut = true});
  for (const char* picture : {"one", "two", "three"}) {
    REQUIRE(set_avatar(world.bob, files.file(std::string(picture) + ".png", picture)));
  }
  world.bob.restart();
  CHECK(plain_picture(world.bob, *avatar(world.bob)) == "three");
  world.network.set({.lose_reply = 0.3, .duplicate = 0.3, .reorder = true});
  CHECK(world.until([&] { return arrived(world.alice, chat, "three"); }));
  world.alice.restart();
  CHECK(arrived(world.alice, chat, "three"));
}

TEST_CASE("a profile picture whose file is gone holds up no message") {
  World world;
  TempDir files;
  const ChatId chat = world.join(world.alice, world.bob);
  world.network.set({.cut = true});
  REQUIRE(set_avatar(world.bob, files.file("me.png", "picture")));
  REQUIRE(std::filesystem::remove(*avatar(world.bob)));
  world.network.set({});
  world.bob.send(world.bob.chat_with_peer(), "behind it");
  CHECK(world.until([&] { return world.alice.has_text("behind it"); }));
  CHECK(contact_of(world.alice, chat).image.empty());
}

TEST_CASE("what cannot be a profile picture is refused, and the one before stays") {
  World world;
  TempDir files;
  REQUIRE(set_avatar(world.bob, files.file("me.png", "picture")));
  const auto before = avatar(world.bob);
  CHECK_FALSE(set_avatar(world.bob, files.file("large.png", std::string(1024 * 1024 + 1, 'x'))));
  CHECK_FALSE(set_avatar(world.bob, files.file("empty.png", "")));
  CHECK_FALSE(set_avatar(world.bob, files.file("notes.txt", "no picture")));
  const auto missing = set_avatar(world.bob, files.path() + "/nowhere.png");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("nowhere.png") != std::string::npos);
  CHECK(avatar(world.bob) == before);
  REQUIRE(set_avatar(world.bob, ""));
  CHECK_FALSE(avatar(world.bob));
}

TEST_CASE("a removed contact's picture is deleted") {
  World world;
  TempDir files;
  const ChatId chat = world.join(world.alice, world.bob);
  REQUIRE(set_avatar(world.bob, files.file("me.png", "picture")));
  REQUIRE(world.until([&] { return !contact_of(world.alice, chat).image.empty(); }));
  const Contact bob = contact_of(world.alice, chat);
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().contacts().remove(kAccount, bob.id, std::move(done));
  }));
  CHECK(contact_of(world.alice, chat).image.empty());
  CHECK(world.until([&] { return !std::filesystem::exists(bob.image); }));
}
