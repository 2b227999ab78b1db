// What is said by mail after a join: files, reactions, edits, deletions, timers, and people who
// were never joined.
#include "messaging/mail/form/chat_mail.h"
#include "tests/messaging/mail_world.h"

using namespace test;

namespace {

struct Talk : MailWorld {
  Talk() : bobs(join(bob, alice)), alices(alice.chat_with_peer()) {}

  // The message at alice with this text.
  Message at_alice(const std::string& text) {
    REQUIRE(until([&] { return alice.has_text(text); }));
    return alice.message(*alice.find_text(text));
  }
  std::string plaintext(Peer& peer, MsgId message) {
    const auto attachment = peer.engine().files().open(Peer::kAccount, message);
    if (!attachment) return attachment.error().message;
    std::string text(attachment->reader->size(), '\0');
    const auto read =
        attachment->reader->read_at(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return read && *read == text.size() ? text : "unreadable";
  }
  MsgId send_file(Peer& peer, ChatId chat, const std::string& name, const std::string& bytes,
                  const std::string& text) {
    MessageDraft draft;
    draft.file = folder.file(name, bytes);
    draft.text = text;
    return peer.send(chat, draft);
  }

  TempDir folder;
  ChatId bobs, alices;
};

std::string noise(std::size_t size) {
  std::string text(size, '\0');
  std::mt19937 random(7);
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace

TEST_CASE("a small file goes by one mail, a large one by two") {
  Talk world;
  const std::size_t before = world.servers.submitted();
  world.send_file(world.bob, world.bobs, "small.bin", noise(5000), "a small one");
  const Message small = world.at_alice("a small one");
  REQUIRE(small.file);
  CHECK(small.file->name == "small.bin");
  CHECK(world.plaintext(world.alice, small.id) == noise(5000));
  CHECK(world.servers.submitted() == before + 1);

  world.servers.hold(MailWorld::addr(world.alice), true);
  const MsgId sent =
      world.send_file(world.bob, world.bobs, "large.bin", noise(200'000), "a large one");
  REQUIRE(world.until([&] { return world.bob.state(sent) == MsgState::out_delivered; }));
  CHECK(world.servers.submitted() == before + 3);
  SECTION("in their order") {}
  SECTION("the other way round, and twice") {
    world.servers.double_and_reverse(MailWorld::addr(world.alice));
  }
  world.servers.hold(MailWorld::addr(world.alice), false);
  REQUIRE(world.until([&] {
    const auto found = world.alice.find_text("a large one");
    return found && world.alice.message(*found).file.has_value();
  }));
  const Message large = world.at_alice("a large one");
  CHECK(large.download == DownloadState::done);
  CHECK(large.type == Viewtype::file);
  CHECK(world.plaintext(world.alice, large.id) == noise(200'000));
  REQUIRE(world.until([&] { return world.servers.count(MailWorld::addr(world.alice)) == 0; }));
  CHECK(world.alice.texts(world.alices).size() == 2);
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("reactions, edits and deletions by mail, in whichever order they come") {
  Talk world;
  const bool reversed = GENERATE(false, true);
  const MsgId first = world.bob.send(world.bobs, "first");
  const Message at_alice = world.at_alice("first");
  const auto react = [&](Peer& peer, MsgId message, const std::string& emoji) {
    const auto done = answer<void>([&](auto d) {
      peer.engine().messages().react(Peer::kAccount, message, {emoji}, std::move(d));
    });
    if (!done) FAIL(done.error().message);
  };
  react(world.alice, at_alice.id, "👍");
  REQUIRE(world.until([&] { return world.bob.message(first).reactions.size() == 1; }));
  CHECK(world.bob.message(first).reactions.front().reactions == std::vector<std::string>{"👍"});

  world.servers.hold(MailWorld::addr(world.alice), true);
  const MsgId second = world.bob.send(world.bobs, "secnod");
  const MsgId third = world.bob.send(world.bobs, "third");
  const auto edited = answer<void>([&](auto d) {
    world.bob.engine().messages().edit(Peer::kAccount, second, "second", std::move(d));
  });
  REQUIRE(edited);
  const auto removed = answer<void>([&](auto d) {
    world.bob.engine().messages().remove_for_all(Peer::kAccount, {third}, std::move(d));
  });
  REQUIRE(removed);
  REQUIRE(world.until([&] { return world.outbox(world.bob) == 0; }));
  if (reversed) world.servers.double_and_reverse(MailWorld::addr(world.alice));
  world.servers.hold(MailWorld::addr(world.alice), false);
  REQUIRE(world.until([&] { return world.servers.count(MailWorld::addr(world.alice)) == 0; }));
  REQUIRE(world.until([&] { return world.alice.has_text("second"); }));
  CHECK(world.alice.texts(world.alices) == std::vector<std::string>{"first", "second"});
  CHECK(world.at_alice("second").is_edited);
}

TEST_CASE("a timer set by mail is the chat's at both sides") {
  Talk world;
  const auto done = answer<void>([&](auto d) {
    world.bob.engine().chats().set_timer(Peer::kAccount, world.bobs, 60, std::move(d));
  });
  REQUIRE(done);
  const auto timer = [&](Peer& peer, ChatId chat) {
    return peer.engine().chats().get(Peer::kAccount, chat)->timer;
  };
  REQUIRE(world.until([&] { return timer(world.alice, world.alices) == 60; }));
  world.alice.send(world.alices, "gone soon");
  REQUIRE(world.until([&] { return world.bob.has_text("gone soon"); }));
  CHECK(world.bob.message(*world.bob.find_text("gone soon")).timer == 60);
  CHECK(timer(world.bob, world.bobs) == 60);
}

TEST_CASE("a new name is shown at the other side with the next mail") {
  Talk world;
  world.bob.set_config("displayname", "Bob the second");
  world.bob.set_config("selfstatus", "on a ladder");
  world.bob.send(world.bobs, "it is me");
  world.at_alice("it is me");
  const auto chat = world.alice.engine().chats().get(Peer::kAccount, world.alices);
  REQUIRE(chat);
  CHECK(chat->name == "Bob the second");
  const auto contact = world.alice.engine().contacts().get(Peer::kAccount, *chat->dm_contact);
  CHECK(contact->status == "on a ladder");
}
