// Groups and channels among real gateways: alice, bob and carol, where bob and carol each joined
// alice and never each other.
#include <algorithm>
#include <filesystem>

#include "crypto/identity.h"
#include "messaging/model/vcard.h"
#include "tests/messaging/three.h"

using namespace test;

TEST_CASE("members learn of a group with its first message, and those who never met talk") {
  Three world;
  const ChatId chat = Three::create(world.alice, "  Shift 2 ");
  CHECK(Three::chat(world.alice, chat).name == "Shift 2");
  CHECK(Three::chat(world.alice, chat).is_unpromoted);
  Three::add(world.alice, chat, world.bob_at_alice);
  Three::add(world.alice, chat, world.carol_at_alice);
  CHECK(Three::members(world.alice, chat) == Names{"Me", "bob", "carol"});
  CHECK(Three::groups_at(world.bob).empty());

  const MsgId first = world.alice.send(chat, "welcome");
  REQUIRE(world.until([&] { return world.bob.has_text("welcome"); }));
  REQUIRE(world.until([&] { return world.carol.has_text("welcome"); }));
  CHECK_FALSE(Three::chat(world.alice, chat).is_unpromoted);
  REQUIRE(world.until([&] { return world.alice.state(first) == MsgState::out_delivered; }));

  const ChatId bobs = Three::group_at(world.bob);
  REQUIRE(bobs.valid());
  const Chat at_bob = Three::chat(world.bob, bobs);
  CHECK(at_bob.type == ChatType::group);
  CHECK(at_bob.name == "Shift 2");
  CHECK(at_bob.is_encrypted);
  CHECK(at_bob.can_send);
  CHECK_FALSE(at_bob.is_contact_request);
  CHECK(Three::members(world.bob, bobs) == Names{"Me", "alice", "carol"});
  CHECK(Three::lines(world.bob, bobs, SystemMessage::member_added).empty());
  CHECK(Three::lines(world.bob, bobs, SystemMessage::chat_e2ee).size() == 1);

  // bob and carol make a session of their own for this.
  world.bob.send(bobs, "hello from bob");
  REQUIRE(world.until([&] { return world.alice.has_text("hello from bob"); }));
  REQUIRE(world.until([&] { return world.carol.has_text("hello from bob"); }));
  const Message at_carol = world.carol.message(*world.carol.find_text("hello from bob"));
  CHECK(at_carol.chat == Three::group_at(world.carol));
  const Contact stranger = *world.carol.engine().contacts().get(kAccount, at_carol.from);
  CHECK(stranger.display_name == "bob");
  CHECK_FALSE(stranger.is_verified);
  CHECK(world.carol.engine().chats().summary(kAccount, at_carol.chat)->prefix == "bob");
}

TEST_CASE("a message to a group of nobody else is delivered as it is written, with its events") {
  Three world;
  const ChatId chat = Three::create(world.alice, "Notes");
  world.alice.send(chat, "the first one promotes the group");
  world.alice.forget_events();
  const MsgId id = world.alice.send(chat, "to nobody");
  CHECK(world.alice.state(id) == MsgState::out_delivered);
  const auto events = world.alice.events();
  REQUIRE(events.size() == 3);
  CHECK(std::get<MsgDelivered>(events[0].body) == MsgDelivered{chat, id});
  CHECK(std::get<MsgsChanged>(events[1].body) == MsgsChanged{chat, id});
  CHECK(std::holds_alternative<ChatlistChanged>(events[2].body));
  // Who was in it and left is no recipient.
  Three::add(world.alice, chat, world.bob_at_alice);
  REQUIRE(Three::remove(world.alice, chat, world.bob_at_alice));
  CHECK(world.alice.state(world.alice.send(chat, "to nobody again")) == MsgState::out_delivered);
}

TEST_CASE("a group message is delivered once and counts each member's receipt") {
  Three world;
  const ChatId chat = world.make_group();
  const MsgId id = world.alice.send(chat, "who reads this?");
  REQUIRE(world.until([&] {
    return world.bob.has_text("who reads this?") && world.carol.has_text("who reads this?");
  }));
  REQUIRE(world.until([&] { return times(world.alice, MsgDelivered{chat, id}) == 1; }));
  world.bob.mark_seen({*world.bob.find_text("who reads this?")});
  REQUIRE(world.until([&] { return world.alice.state(id) == MsgState::out_read; }));
  CHECK(world.alice.engine().messages().trace(kAccount, id)->receipts.size() == 1);
  world.carol.mark_seen({*world.carol.find_text("who reads this?")});
  REQUIRE(world.until(
      [&] { return world.alice.engine().messages().trace(kAccount, id)->receipts.size() == 2; }));
  CHECK(times(world.alice, MsgDelivered{chat, id}) == 1);
  CHECK(times(world.alice, MsgRead{chat, id}) == 1);
}

TEST_CASE("a message is not delivered while one member's gateway is down") {
  Three world;
  const ChatId chat = world.make_group();
  world.carol.stop();
  const MsgId id = world.alice.send(chat, "are you there?");
  REQUIRE(world.until([&] { return world.bob.has_text("are you there?"); }));
  world.bob.mark_seen({*world.bob.find_text("are you there?")});
  REQUIRE(world.until([&] { return world.alice.state(id) == MsgState::out_read; }));
  CHECK(times(world.alice, MsgDelivered{chat, id}) == 0);
  world.carol.start();
  REQUIRE(world.until([&] { return world.carol.has_text("are you there?"); }));
}

TEST_CASE("every member may change a group, and everybody sees who did") {
  Three world;
  const ChatId chat = world.make_group();
  const ChatId bobs = Three::group_at(world.bob);
  const ChatId carols = Three::group_at(world.carol);
  REQUIRE(Three::rename(world.bob, bobs, "Night shift"));
  REQUIRE(world.until([&] { return Three::chat(world.alice, chat).name == "Night shift"; }));
  REQUIRE(world.until([&] { return Three::chat(world.carol, carols).name == "Night shift"; }));
  const auto renamed = Three::lines(world.carol, carols, SystemMessage::group_name);
  REQUIRE(renamed.size() == 1);
  CHECK(renamed[0].text == "Group name changed from \"Shift 2\" to \"Night shift\" by bob.");
  CHECK(world.carol.engine().contacts().get(kAccount, renamed[0].from)->display_name == "bob");
  CHECK(Three::lines(world.bob, bobs, SystemMessage::group_name)[0].from == kSelf);

  REQUIRE(answer<void>([&](auto done) {
    world.carol.engine().groups().describe(kAccount, carols, "22:00 to 6:00", std::move(done));
  }));
  REQUIRE(
      world.until([&] { return Three::chat(world.alice, chat).description == "22:00 to 6:00"; }));
  for (const std::string& bad : {std::string(), std::string(" \n"), std::string(300, 'x')}) {
    CHECK_FALSE(Three::rename(world.bob, bobs, bad));
  }
}

TEST_CASE("a group's picture travels as a file, to members who come later too") {
  Three world;
  TempDir files;
  const std::string picture(70'000, 'p');
  const std::string path = files.file("crew.png", picture);
  const ChatId chat = Three::create(world.alice, "Crew");
  Three::add(world.alice, chat, world.bob_at_alice);
  const auto set = [&](std::optional<std::string> from) {
    return answer<void>([&](auto done) {
      world.alice.engine().groups().set_image(kAccount, chat, std::move(from), std::move(done));
    });
  };
  REQUIRE(set(path));
  world.alice.send(chat, "with a picture");
  REQUIRE(world.until([&] { return world.bob.has_text("with a picture"); }));
  CHECK_FALSE(Three::chat(world.bob, Three::group_at(world.bob)).image.empty());
  Three::add(world.alice, chat, world.carol_at_alice);
  REQUIRE(world.until([&] { return Three::group_at(world.carol).valid(); }));
  CHECK_FALSE(Three::chat(world.carol, Three::group_at(world.carol)).image.empty());

  REQUIRE(set(files.file("new.jpg", picture + "!")));
  const ChatId bobs = Three::group_at(world.bob);
  REQUIRE(world.until(
      [&] { return Three::lines(world.bob, bobs, SystemMessage::group_image).size() == 1; }));
  const Message line = Three::lines(world.bob, bobs, SystemMessage::group_image)[0];
  REQUIRE(line.file);
  const std::string out = files.path() + "/out.jpg";
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().messages().save_file(kAccount, line.id, out, std::move(done));
  }));
  CHECK(read_file(out) == picture + "!");

  REQUIRE(set(std::nullopt));
  REQUIRE(world.until([&] { return Three::chat(world.bob, bobs).image.empty(); }));
  CHECK_FALSE(set(files.file("large.png", std::string(1024 * 1024 + 1, 'x'))));
  CHECK_FALSE(set(files.file("notes.txt", "no picture")));
}

TEST_CASE("a group whose picture is gone from the store is announced without it") {
  Three world;
  TempDir files;
  const ChatId chat = Three::create(world.alice, "Crew");
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().groups().set_image(kAccount, chat, files.file("crew.png", "picture"),
                                            std::move(done));
  }));
  REQUIRE(std::filesystem::remove(Three::chat(world.alice, chat).image));
  Three::add(world.alice, chat, world.bob_at_alice);
  world.alice.send(chat, "behind it");
  CHECK(world.until([&] { return world.bob.has_text("behind it"); }));
  CHECK(Three::chat(world.bob, Three::group_at(world.bob)).image.empty());
}

TEST_CASE("who is removed is notified, can send no more, and may be added again") {
  Three world;
  const ChatId chat = world.make_group();
  const ChatId carols = Three::group_at(world.carol);
  REQUIRE(Three::remove(world.alice, chat, world.carol_at_alice));
  REQUIRE(world.until([&] { return !Three::chat(world.carol, carols).self_in_group; }));
  REQUIRE(world.until([&] {
    return Three::members(world.bob, Three::group_at(world.bob)) == Names{"Me", "alice"};
  }));
  CHECK(Three::chat(world.alice, chat).past_contacts ==
        std::vector<ContactId>{world.carol_at_alice});
  CHECK_FALSE(Three::chat(world.carol, carols).can_send);
  CHECK(Three::lines(world.carol, carols, SystemMessage::member_removed)[0].text ==
        "Member Me removed by alice.");
  CHECK_FALSE(Three::rename(world.carol, carols, "Mine"));
  const auto refused = answer<MsgId>([&](auto done) {
    MessageDraft draft;
    draft.text = "still here";
    world.carol.engine().messages().send(kAccount, carols, draft, std::move(done));
  });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::Errc::forbidden);
  world.alice.send(chat, "without carol");
  REQUIRE(world.until([&] { return world.bob.has_text("without carol"); }));

  Three::add(world.alice, chat, world.carol_at_alice);
  REQUIRE(world.until([&] { return Three::chat(world.carol, carols).self_in_group; }));
  CHECK_FALSE(world.carol.has_text("without carol"));
  world.carol.send(carols, "back");
  REQUIRE(world.until([&] { return world.alice.has_text("back") && world.bob.has_text("back"); }));
}

TEST_CASE("who leaves is a past member everywhere") {
  Three world;
  const ChatId chat = world.make_group();
  const ChatId bobs = Three::group_at(world.bob);
  REQUIRE(Three::leave(world.bob, bobs));
  CHECK_FALSE(Three::leave(world.bob, bobs));
  CHECK_FALSE(Three::chat(world.bob, bobs).self_in_group);
  REQUIRE(world.until([&] { return Three::members(world.alice, chat) == Names{"Me", "carol"}; }));
  REQUIRE(world.until([&] {
    return Three::members(world.carol, Three::group_at(world.carol)) == Names{"Me", "alice"};
  }));
  CHECK(Three::lines(world.alice, chat, SystemMessage::member_removed)[0].text ==
        "Group left by bob.");
}

TEST_CASE("changes made at the same time, and by members who were away, end in one state") {
  Three world;
  const ChatId chat = world.make_group();
  const ChatId bobs = Three::group_at(world.bob);
  const ChatId carols = Three::group_at(world.carol);
  Peer dave(world.network, world.clock, "dave");
  world.join(dave, world.bob);
  world.network.set({.cut = true});
  REQUIRE(Three::rename(world.alice, chat, "A"));
  REQUIRE(Three::rename(world.bob, bobs, "B"));
  Three::add(world.bob, bobs, Three::contact(world.bob, "dave"));
  REQUIRE(Three::leave(world.carol, carols));
  world.carol.restart();
  world.network.set({.lose_request = 0.2, .lose_reply = 0.2, .duplicate = 0.2, .reorder = true});
  REQUIRE(world.until([&] {
    const ChatId daves = Three::group_at(dave);
    return daves.valid() && Three::members(world.alice, chat) == Names{"Me", "bob", "dave"} &&
           Three::members(world.bob, bobs) == Names{"Me", "alice", "dave"} &&
           Three::members(dave, daves) == Names{"Me", "alice", "bob"};
  }));
  REQUIRE(world.until([&] {
    const std::string name = Three::chat(world.alice, chat).name;
    return name == Three::chat(world.bob, bobs).name &&
           name == Three::chat(dave, Three::group_at(dave)).name;
  }));
  // alice and dave never met; each writes to the other.
  world.network.set({});
  dave.send(Three::group_at(dave), "dave here");
  REQUIRE(world.until([&] { return world.alice.has_text("dave here"); }));
}

TEST_CASE(
    "our own change of a large group goes to some members in its write, to the others later") {
  constexpr std::int64_t kMany = 40;
  World world;
  std::vector<Vcard> cards;
  for (std::int64_t n = 0; n < kMany; ++n) {
    Vcard card;
    card.addr = "member" + std::to_string(n) + "@nowhere.example";
    card.identity = crypto::Identity::generate().public_key().bytes();
    card.urls = {"http://nowhere.test"};
    card.mailbox = "0123456789abcdef";
    card.token.emplace().fill(7);
    cards.push_back(std::move(card));
  }
  const auto members = answer<std::vector<ContactId>>([&](auto done) {
    world.alice.engine().contacts().import_vcard(kAccount, write_vcards(cards), std::move(done));
  });
  REQUIRE(members);
  const ChatId chat = Three::create(world.alice, "Crowd");
  for (const ContactId member : *members) Three::add(world.alice, chat, member);
  world.alice.send(chat, "first");  // the group and the text, to each of them
  // What waits for sessions that nobody answers.
  const auto queued = [&] {
    auto reader = world.alice.store().read();
    REQUIRE(reader.ok());
    const auto rows = reader->connection().integer(
        "SELECT count(*) FROM outbox WHERE uuid IS NOT NULL AND contact_id IS NOT NULL");
    REQUIRE(rows.ok());
    return rows->value_or(-1);
  };
  REQUIRE(queued() == 2 * kMany);
  // A member that is not told of the group yet learns of both at once.
  REQUIRE(world.until([&] {
    auto reader = world.alice.store().read();
    return reader &&
           reader->connection().integer("SELECT count(*) FROM pending_state")->value_or(-1) == 0;
  }));
  std::int64_t in_its_write = 0;
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().groups().rename(
        kAccount, chat, "Multitude", [&, done = std::move(done)](base::Result<> renamed) mutable {
          in_its_write = queued() - 2 * kMany;  // on the writer's thread, before its next write
          done(std::move(renamed));
        });
  }));
  CHECK(in_its_write > 0);
  CHECK(in_its_write < kMany);
  CHECK(world.until([&] { return queued() == 3 * kMany; }));
}
