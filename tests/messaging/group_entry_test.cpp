// Ways into a group, and what it is to those outside: invites, channels, contact requests, groups
// that were deleted.
#include <algorithm>

#include "tests/messaging/three.h"

using namespace test;

TEST_CASE("a group's invite adds whoever joins by it, and a withdrawn one does not") {
  Three world;
  const ChatId chat = world.make_group("Crew");
  const auto link = [&] {
    return answer<std::string>([&](auto done) {
      world.alice.engine().securejoin().invite(kAccount, chat, std::move(done));
    });
  };
  const auto first = link();
  REQUIRE(first);
  CHECK(*first == *link());
  Peer dave(world.network, world.clock, "dave");
  const auto check = dave.engine().securejoin().check(kAccount, *first);
  REQUIRE(check);
  REQUIRE(check->group);
  CHECK(check->group->name == "Crew");
  const auto joined = answer<ChatId>(
      [&](auto done) { dave.engine().securejoin().join(kAccount, *first, std::move(done)); });
  REQUIRE(joined);
  CHECK(Three::chat(dave, *joined).type == ChatType::group);
  CHECK(Three::chat(dave, *joined).name == "Crew");
  CHECK_FALSE(Three::chat(dave, *joined).can_send);
  REQUIRE(world.until([&] { return Three::chat(dave, *joined).can_send; }));
  CHECK(Three::group_at(dave) == *joined);
  REQUIRE(world.until([&] { return Three::members(dave, *joined).size() == 4; }));
  dave.send(*joined, "new here");
  REQUIRE(world.until([&] {
    return world.alice.has_text("new here") && world.bob.has_text("new here") &&
           world.carol.has_text("new here");
  }));

  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().securejoin().toggle_own(kAccount, *first, std::move(done));
  }));
  CHECK(*link() != *first);
  Peer erin(world.network, world.clock, "erin");
  REQUIRE(answer<ChatId>(
      [&](auto done) { erin.engine().securejoin().join(kAccount, *first, std::move(done)); }));
  REQUIRE(world.until([&] {
    const auto progress = erin.events_of<SecurejoinJoinerProgress>();
    return !progress.empty() && progress.back().progress == 0;
  }));
  CHECK(Three::members(world.alice, chat).size() == 4);
}

TEST_CASE("a channel has one sender, and its subscribers do not see each other") {
  Three world;
  const auto made = answer<ChatId>([&](auto done) {
    world.alice.engine().groups().create_channel(kAccount, "News", std::move(done));
  });
  REQUIRE(made);
  const ChatId chat = *made;
  CHECK(Three::chat(world.alice, chat).type == ChatType::out_broadcast);
  Three::add(world.alice, chat, world.bob_at_alice);
  const auto link = answer<std::string>([&](auto done) {
    world.alice.engine().securejoin().invite(kAccount, chat, std::move(done));
  });
  REQUIRE(link);
  CHECK(world.carol.engine().securejoin().check(kAccount, *link)->group->channel);
  const auto joined = answer<ChatId>(
      [&](auto done) { world.carol.engine().securejoin().join(kAccount, *link, std::move(done)); });
  REQUIRE(joined);
  REQUIRE(world.until([&] { return Three::members(world.alice, chat) == Names{"bob", "carol"}; }));
  REQUIRE(world.until([&] { return Three::chat(world.carol, *joined).self_in_group; }));
  const MsgId news = world.alice.send(chat, "line 4 is down");
  REQUIRE(world.until([&] {
    return world.bob.has_text("line 4 is down") && world.carol.has_text("line 4 is down");
  }));
  const Chat at_carol = Three::chat(world.carol, *joined);
  CHECK(at_carol.type == ChatType::in_broadcast);
  CHECK_FALSE(at_carol.can_send);
  CHECK(Three::members(world.carol, *joined) == Names{"Me", "alice"});
  CHECK_FALSE(Three::rename(world.carol, *joined, "Mine"));
  world.carol.mark_seen({*world.carol.find_text("line 4 is down")});
  REQUIRE(world.until([&] { return world.alice.state(news) == MsgState::out_read; }));

  REQUIRE(Three::leave(world.carol, *joined));
  REQUIRE(world.until([&] { return Three::members(world.alice, chat) == Names{"bob"}; }));
  CHECK_FALSE(Three::leave(world.alice, chat));
  REQUIRE(Three::rename(world.alice, chat, "Old news"));
  REQUIRE(world.until(
      [&] { return Three::chat(world.bob, Three::group_at(world.bob)).name == "Old news"; }));
  CHECK(Three::chat(world.carol, *joined).name == "News");
}

TEST_CASE("a file and a quote of a third member's message reach every member") {
  Three world;
  TempDir files;
  const ChatId chat = world.make_group();
  const ChatId bobs = Three::group_at(world.bob);
  MessageDraft draft;
  draft.text = "the log";
  draft.file = files.file("press.log", std::string(600'000, 'l'));
  world.bob.send(bobs, draft);
  REQUIRE(world.until(
      [&] { return world.alice.has_text("the log") && world.carol.has_text("the log"); }));
  CHECK(world.carol.message(*world.carol.find_text("the log")).file->size == 600'000);
  MessageDraft reply;
  reply.text = "thank you";
  reply.quoted = world.alice.find_text("the log");
  world.alice.send(chat, reply);
  REQUIRE(world.until(
      [&] { return world.bob.has_text("thank you") && world.carol.has_text("thank you"); }));
  for (Peer* peer : {&world.bob, &world.carol}) {
    const Message got = peer->message(*peer->find_text("thank you"));
    REQUIRE(got.quote);
    CHECK(got.quote->message == peer->find_text("the log"));
  }
}

TEST_CASE("a group that was deleted here comes back with a message, not with news of its members") {
  Three world;
  const ChatId chat = world.make_group();
  const ChatId bobs = Three::group_at(world.bob);
  REQUIRE(answer<void>(
      [&](auto done) { world.bob.engine().chats().remove(kAccount, bobs, std::move(done)); }));
  REQUIRE(Three::rename(world.alice, chat, "Shift 3"));
  world.alice.send(world.alice_bob_at_alice(), "it has another name");
  REQUIRE(world.until([&] { return world.bob.has_text("it has another name"); }));
  CHECK_FALSE(Three::group_at(world.bob).valid());
  world.alice.send(chat, "did you miss this?");
  REQUIRE(world.until([&] { return world.bob.has_text("did you miss this?"); }));
  const ChatId again = Three::group_at(world.bob);
  CHECK(again != bobs);
  CHECK(Three::chat(world.bob, again).name == "Shift 3");
  CHECK(Three::members(world.bob, again) == Names{"Me", "alice", "carol"});
}

TEST_CASE("a group that was deleted here comes back when somebody adds us again") {
  Three world;
  const ChatId chat = world.make_group();
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().chats().remove(kAccount, Three::group_at(world.bob), std::move(done));
  }));
  REQUIRE(Three::remove(world.alice, chat, world.bob_at_alice));
  Three::add(world.alice, chat, world.bob_at_alice);
  REQUIRE(world.until([&] { return Three::group_at(world.bob).valid(); }));
  CHECK(Three::members(world.bob, Three::group_at(world.bob)) == Names{"Me", "alice", "carol"});
}

TEST_CASE("a group made by a member one never joined is a contact request") {
  Three world;
  world.make_group();
  const ChatId bobs = Three::group_at(world.bob);
  const ChatId carols = Three::group_at(world.carol);
  world.bob.send(bobs, "hello carol");
  REQUIRE(world.until([&] { return world.carol.has_text("hello carol"); }));
  const ChatId second = Three::create(world.bob, "Without alice");
  Three::add(world.bob, second, Three::contact(world.bob, "carol"));
  world.bob.send(second, "just us");
  REQUIRE(world.until([&] { return world.carol.has_text("just us"); }));
  const ChatId request = world.carol.message(*world.carol.find_text("just us")).chat;
  CHECK(request != carols);
  CHECK(Three::chat(world.carol, request).is_contact_request);
  CHECK_FALSE(Three::chat(world.carol, request).can_send);
  REQUIRE(answer<void>(
      [&](auto done) { world.carol.engine().chats().accept(kAccount, request, std::move(done)); }));
  world.carol.send(request, "accepted");
  REQUIRE(world.until([&] { return world.bob.has_text("accepted"); }));
  CHECK(*world.bob.engine().groups().similar(kAccount, bobs) == std::vector<ChatId>{second});
}

TEST_CASE("who was removed still reaches members it never wrote to, as a contact request only") {
  Three world;
  const ChatId chat = world.make_group();
  const ChatId bobs = Three::group_at(world.bob);
  const ContactId carol = Three::contact(world.bob, "carol");
  // carol's introduction, which bob keeps, comes from herself.
  REQUIRE(world.until([&] {
    auto reader = world.bob.store().read();
    return reader && (*reader)
                         ->integer("SELECT 1 FROM contact WHERE id = ? AND route_id > 0", carol)
                         .value_or(std::nullopt)
                         .has_value();
  }));
  REQUIRE(Three::remove(world.alice, chat, world.bob_at_alice));
  REQUIRE(world.until([&] {
    return Three::members(world.bob, bobs).empty() || !Three::chat(world.bob, bobs).can_send;
  }));
  const auto direct = answer<ChatId>([&](auto done) {
    world.bob.engine().chats().create_by_contact(kAccount, carol, std::move(done));
  });
  REQUIRE(direct.ok());
  world.bob.send(*direct, "why was I removed?");
  REQUIRE(world.until([&] { return world.carol.has_text("why was I removed?"); }));
  const ChatId request = world.carol.message(*world.carol.find_text("why was I removed?")).chat;
  CHECK(request != Three::group_at(world.carol));
  CHECK(Three::chat(world.carol, request).is_contact_request);
  CHECK(world.until([&] {
    return Three::members(world.carol, Three::group_at(world.carol)) == Names{"Me", "alice"};
  }));
}

TEST_CASE("only groups take members, and only contacts who can be reached become some") {
  Three world;
  const ChatId chat = Three::create(world.alice, "Crew");
  const auto add = [&](ChatId where, ContactId whom) {
    return answer<void>([&](auto done) {
      world.alice.engine().groups().add(kAccount, where, whom, std::move(done));
    });
  };
  CHECK_FALSE(add(world.alice.saved_messages(), world.bob_at_alice));
  CHECK_FALSE(add(chat, kDeviceContact));
  CHECK_FALSE(add(chat, ContactId(999)));
  CHECK(add(chat, world.bob_at_alice));
  CHECK(add(chat, world.bob_at_alice));
  CHECK_FALSE(Three::remove(world.alice, chat, world.carol_at_alice));
  CHECK_FALSE(answer<std::string>([&](auto done) {
    world.alice.engine().securejoin().invite(kAccount, world.alice.saved_messages(),
                                             std::move(done));
  }));
}
