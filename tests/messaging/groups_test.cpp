// Groups and channels among real gateways: alice, bob and carol, where bob and carol each joined
// alice and never each other.
#include <algorithm>

#include "tests/support/world.h"

using namespace test;

namespace {

constexpr AccountId kAccount = Peer::kAccount;

struct Three : World {
  explicit Three(unsigned seed = 1) : World(seed), carol(network, clock, "carol") {
    alice_bob = join(bob, alice);
    alice_carol = join(carol, alice);
    bob_at_alice = contact(alice, "bob");
    carol_at_alice = contact(alice, "carol");
  }

  static ContactId contact(Peer& peer, const std::string& name) {
    const auto found = peer.engine().contacts().ids(kAccount, false, name);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    return found->front();
  }

  // A group of all three; everybody knows of it.
  ChatId make_group(const std::string& name = "Shift 2") {
    const ChatId chat = create(alice, name);
    add(alice, chat, bob_at_alice);
    add(alice, chat, carol_at_alice);
    alice.send(chat, "welcome");
    REQUIRE(until([&] { return bob.has_text("welcome") && carol.has_text("welcome"); }));
    REQUIRE(until([&] { return members(bob, group_at(bob)).size() == 3; }));
    return chat;
  }

  static ChatId create(Peer& peer, const std::string& name) {
    const auto chat = answer<ChatId>(
        [&](auto done) { peer.engine().groups().create(kAccount, name, std::move(done)); });
    if (!chat) FAIL(chat.error().message);
    return *chat;
  }
  static void add(Peer& peer, ChatId chat, ContactId who) {
    const auto done = answer<void>(
        [&](auto d) { peer.engine().groups().add(kAccount, chat, who, std::move(d)); });
    if (!done) FAIL(done.error().message);
  }
  static base::Result<> remove(Peer& peer, ChatId chat, ContactId who) {
    return answer<void>(
        [&](auto d) { peer.engine().groups().remove(kAccount, chat, who, std::move(d)); });
  }
  static base::Result<> leave(Peer& peer, ChatId chat) {
    return answer<void>(
        [&](auto d) { peer.engine().groups().leave(kAccount, chat, std::move(d)); });
  }
  static base::Result<> rename(Peer& peer, ChatId chat, const std::string& name) {
    return answer<void>(
        [&](auto d) { peer.engine().groups().rename(kAccount, chat, name, std::move(d)); });
  }
  static std::vector<ChatId> groups_at(Peer& peer) {
    std::vector<ChatId> found;
    const auto all = peer.engine().chats().list(kAccount, {.no_specials = true});
    REQUIRE(all);
    for (const ChatId id : *all) {
      if (chat(peer, id).type != ChatType::single) found.push_back(id);
    }
    return found;
  }
  static ChatId group_at(Peer& peer) {
    const auto found = groups_at(peer);
    return found.size() == 1 ? found.front() : ChatId();
  }
  static Chat chat(Peer& peer, ChatId id) {
    const auto found = peer.engine().chats().get(kAccount, id);
    if (!found) FAIL(found.error().message);
    return *found;
  }
  // By name, ourselves as "Me".
  static std::vector<std::string> members(Peer& peer, ChatId id) {
    std::vector<std::string> names;
    if (!id.valid()) return names;
    for (const ContactId contact : chat(peer, id).contacts) {
      names.push_back(peer.engine().contacts().get(kAccount, contact)->display_name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  static std::vector<Message> lines(Peer& peer, ChatId id, SystemMessage system) {
    std::vector<Message> found;
    const auto items = peer.engine().messages().list(kAccount, id, true, false);
    REQUIRE(items);
    for (const ListItem& item : *items) {
      Message message = peer.message(item.message);
      if (message.system == system) found.push_back(std::move(message));
    }
    return found;
  }

  Peer carol;
  ChatId alice_bob, alice_carol;
  ContactId bob_at_alice, carol_at_alice;
};

using Names = std::vector<std::string>;

// How often an event of this kind told of one message: those of a group's lines come beside it.
template <class E>
int times(const Peer& peer, const E& event) {
  const auto events = peer.events_of<E>();
  return static_cast<int>(std::count(events.begin(), events.end(), event));
}

}  // namespace

TEST_CASE("members hear of a group with its first message, and those who never met talk") {
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
  const auto added = Three::lines(world.bob, bobs, SystemMessage::member_added);
  REQUIRE(added.size() == 1);
  CHECK(added[0].text == "alice added you.");
  CHECK(added[0].info_contact == kSelf);

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
  CHECK(renamed[0].text == "bob changed the name from \"Shift 2\" to \"Night shift\".");
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

TEST_CASE("who is removed is told, can send no more, and may be added again") {
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
        "alice removed you.");
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
  CHECK(Three::lines(world.alice, chat, SystemMessage::member_removed)[0].text == "bob left.");
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

TEST_CASE("a group that was deleted here comes back with the next message") {
  Three world;
  const ChatId chat = world.make_group();
  const ChatId bobs = Three::group_at(world.bob);
  // The others' news of themselves may still be under way, and would bring the group back at once.
  REQUIRE(world.until([&] {
    for (const ChatId gone : Three::groups_at(world.bob)) {
      REQUIRE(answer<void>(
          [&](auto done) { world.bob.engine().chats().remove(kAccount, gone, std::move(done)); }));
    }
    return Three::groups_at(world.bob).empty();
  }));
  world.alice.send(chat, "did you miss this?");
  REQUIRE(world.until([&] { return world.bob.has_text("did you miss this?"); }));
  const ChatId again = Three::group_at(world.bob);
  CHECK(again != bobs);
  CHECK(Three::members(world.bob, again) == Names{"Me", "alice", "carol"});
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
