// Profile pictures by mail, and the sizes of pictures.
#include <filesystem>

#include "tests/messaging/mail_world.h"

using namespace test;

namespace {

struct Faces : MailWorld {
  Faces() : bobs(join(bob, alice)), alices(alice.chat_with_peer()) {}

  base::Result<> set_picture(Peer& peer, std::optional<std::string> bytes) {
    std::optional<std::string> path;
    if (bytes) path = folder.file(std::to_string(++files) + ".png", *bytes);
    return answer<void>([&](auto done) {
      peer.engine().config().set(Peer::kAccount, {{"selfavatar", std::move(path)}},
                                 std::move(done));
    });
  }
  // What alice shows of bob once this text of his is here; "": none.
  std::string face_with(const std::string& text) {
    bob.send(bobs, text);
    REQUIRE(until([&] { return alice.has_text(text); }));
    const auto chat = alice.engine().chats().get(Peer::kAccount, alices);
    REQUIRE(chat);
    const auto contact = alice.engine().contacts().get(Peer::kAccount, *chat->dm_contact);
    REQUIRE(contact);
    CHECK(chat->image == contact->image);
    return contact->image.empty() ? std::string() : plain(alice, contact->image);
  }
  std::string plain(Peer& peer, const std::string& path) {
    TempDir out;
    MessageDraft draft;
    draft.file = path;
    const MsgId message = peer.send(peer.saved_messages(), draft);
    const std::string copy = out.path() + "/copy.png";
    REQUIRE(answer<void>([&](auto done) {
      peer.engine().messages().save_file(Peer::kAccount, message, copy, std::move(done));
    }));
    return read_file(copy);
  }
  std::size_t last_mail() const { return servers.sent().back().text.size(); }

  TempDir folder;
  int files = 0;
  ChatId bobs, alices;
};

}  // namespace

TEST_CASE("a profile picture goes by mail with the next message, and is replaced and removed") {
  Faces world;
  CHECK(world.face_with("without one").empty());
  const std::string first = picture("first");
  REQUIRE(world.set_picture(world.bob, first));
  world.alice.forget_events();
  CHECK(world.face_with("with one") == first);
  CHECK_FALSE(world.alice.events_of<ContactsChanged>().empty());
  CHECK_FALSE(world.alice.events_of<ChatlistChanged>().empty());
  CHECK(world.face_with("the same") == first);
  REQUIRE(world.set_picture(world.bob, picture("second")));
  world.restart(world.bob, world.bobs_mails());
  CHECK(world.face_with("another") == picture("second"));
  REQUIRE(world.set_picture(world.bob, std::nullopt));
  CHECK(world.face_with("none").empty());
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("a profile picture goes along once, and again after two weeks") {
  Faces world;
  REQUIRE(world.set_picture(world.bob, picture("face")));
  CHECK(world.face_with("first") == picture("face"));
  CHECK(world.last_mail() > 30'000);
  world.clock.advance(13 * kDay);
  CHECK(world.face_with("soon") == picture("face"));
  CHECK(world.last_mail() < 30'000);
  world.clock.advance(2 * kDay);
  world.alice.forget_events();
  CHECK(world.face_with("later") == picture("face"));
  CHECK(world.last_mail() > 30'000);
  CHECK(world.alice.events_of<ContactsChanged>().empty());  // it is the one that she has
  // A mail whose acceptance was not answered brings it again.
  REQUIRE(world.set_picture(world.bob, picture("new")));
  world.bobs_mails().set({.lost = true});
  world.bob.send(world.bobs, "lost");
  REQUIRE(world.until([&] { return world.bobs_mails().tries() > 0; }));
  world.bobs_mails().set({});
  CHECK(world.face_with("after it") == picture("new"));
}

TEST_CASE("whoever joins by mail gets the picture with the join") {
  MailWorld world;
  TempDir folder;
  for (Peer* peer : {&world.alice, &world.bob}) {
    REQUIRE(answer<void>([&](auto done) {
      peer->engine().config().set(
          Peer::kAccount, {{"selfavatar", folder.file(peer->name() + ".png", picture("me"))}},
          std::move(done));
    }));
  }
  const ChatId bobs = world.join(world.bob, world.alice);
  const auto has_face = [](Peer& peer, ChatId chat) {
    return !peer.engine().chats().get(Peer::kAccount, chat)->image.empty();
  };
  CHECK(world.until([&] { return has_face(world.bob, bobs); }));
  CHECK(world.until([&] { return has_face(world.alice, world.alice.chat_with_peer()); }));
}

TEST_CASE("what is no picture, and one of an older mail, leaves the picture as it was") {
  Faces world;
  REQUIRE(world.set_picture(world.bob, picture("good")));
  REQUIRE(world.face_with("good one") == picture("good"));
  world.clock.advance(2000);
  REQUIRE(world.set_picture(world.bob, "no picture at all"));
  CHECK(world.face_with("bad one") == picture("good"));
  const auto files = [&] {
    std::size_t count = 0;
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(world.alice.dir() + "/blobs")) {
      if (file.is_regular_file()) ++count;
    }
    return count;
  };
  CHECK(files() <= 3);  // the picture, and the copies that this test sent

  // Two mails that come the other way round.
  world.servers.hold(MailWorld::addr(world.alice), true);
  for (const char* mark : {"one", "two"}) {
    world.clock.advance(2000);
    REQUIRE(world.set_picture(world.bob, picture(mark)));
    world.bob.send(world.bobs, mark);
    REQUIRE(world.until([&] { return world.outbox(world.bob) == 0; }));
  }
  world.servers.double_and_reverse(MailWorld::addr(world.alice));
  world.servers.hold(MailWorld::addr(world.alice), false);
  REQUIRE(world.until([&] { return world.servers.count(MailWorld::addr(world.alice)) == 0; }));
  CHECK(world.face_with("then") == picture("two"));
}

TEST_CASE("pictures that are sent and that arrive have their size, small or large") {
  Faces world;
  for (const std::size_t size : {std::size_t{100}, std::size_t{200'000}}) {
    MessageDraft draft;
    draft.text = "of " + std::to_string(size);
    std::string bytes = picture("map", 40);
    while (bytes.size() < size) bytes += bytes;
    draft.file = world.folder.file(std::to_string(size) + ".png", bytes);
    const MsgId sent = world.bob.send(world.bobs, draft);
    REQUIRE(world.until([&] {
      const auto found = world.alice.find_text(draft.text);
      return found && world.alice.message(*found).file.has_value();
    }));
    for (const Message& message :
         {world.bob.message(sent), world.alice.message(*world.alice.find_text(draft.text))}) {
      CHECK(message.type == Viewtype::image);
      CHECK(message.download == DownloadState::done);
      CHECK(message.file->width == 40);
      CHECK(message.file->height == 6);
    }
  }
}
