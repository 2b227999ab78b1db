// The info lines of chats and the order of events, as clients of Delta Chat's core know them.
#include "tests/messaging/three.h"

using namespace test;

namespace {

using Texts = std::vector<std::string>;

// The texts of a chat's info messages.
Texts lines_of(Peer& peer, ChatId chat) {
  const auto items = peer.engine().messages().list(kAccount, chat, true, false);
  REQUIRE(items);
  Texts out;
  for (const ListItem& item : *items) out.push_back(peer.message(item.message).text);
  return out;
}

// The texts of the messages that were reported to a peer as incoming, in this chat, in order.
Texts announced(Peer& peer, ChatId chat) {
  Texts out;
  for (const IncomingMsg& event : peer.events_of<IncomingMsg>()) {
    if (event.chat_id == chat) out.push_back(peer.message(event.msg_id).text);
  }
  return out;
}

template <class E>
std::size_t place_of(const Peer& peer, const std::function<bool(const E&)>& wanted) {
  const auto events = peer.events();
  for (std::size_t at = 0; at < events.size(); ++at) {
    const E* body = std::get_if<E>(&events[at].body);
    if (body != nullptr && wanted(*body)) return at;
  }
  return events.size();
}

}  // namespace

TEST_CASE("a chat says that it is encrypted from the moment it is made, and once") {
  World world;
  world.network.set({.cut = true});
  const auto chat = answer<ChatId>([&](auto done) {
    world.bob.engine().securejoin().join(kAccount, world.alice.invite(), std::move(done));
  });
  REQUIRE(chat);
  CHECK(lines_of(world.bob, *chat) == Texts{"Messages are end-to-end encrypted."});
  world.network.set({});
  REQUIRE(world.until([&] {
    const auto steps = world.bob.events_of<SecurejoinJoinerProgress>();
    return !steps.empty() && steps.back().progress == 1000;
  }));
  CHECK(lines_of(world.bob, *chat) == Texts{"Messages are end-to-end encrypted."});
  REQUIRE(world.until([&] { return world.alice.chat_with_peer().valid(); }));
  CHECK(lines_of(world.alice, world.alice.chat_with_peer()) ==
        Texts{"Messages are end-to-end encrypted."});
}

TEST_CASE(
    "a join is reported as done before the inviter's first message, also when its answers are "
    "lost") {
  World world;
  world.network.set({.lose_reply = 1});
  const auto chat = answer<ChatId>([&](auto done) {
    world.bob.engine().securejoin().join(kAccount, world.alice.invite(), std::move(done));
  });
  REQUIRE(chat);
  REQUIRE(world.until([&] {
    const auto steps = world.alice.events_of<SecurejoinInviterProgress>();
    return !steps.empty() && steps.back().progress == 1000;
  }));
  world.alice.send(world.alice.chat_with_peer(), "hello");
  REQUIRE(world.until([&] { return !world.bob.events_of<IncomingMsg>().empty(); }));
  const auto done = place_of<SecurejoinJoinerProgress>(
      world.bob, [](const auto& event) { return event.progress == 1000; });
  const auto came = place_of<IncomingMsg>(world.bob, [](const auto&) { return true; });
  CHECK(done < came);
  world.network.set({});
  // It is reported once.
  world.alice.send(world.alice.chat_with_peer(), "again");
  REQUIRE(world.until([&] { return world.bob.has_text("again"); }));
  std::size_t times = 0;
  for (const auto& event : world.bob.events_of<SecurejoinJoinerProgress>()) {
    times += event.progress == 1000 ? 1 : 0;
  }
  CHECK(times == 1);
}

TEST_CASE("a new group begins with its first message, and one that grows reports whom it gains") {
  Three world;
  const ChatId chat = Three::create(world.alice, "Shift 2");
  CHECK(lines_of(world.alice, chat) == Texts{"Messages are end-to-end encrypted."});
  Three::add(world.alice, chat, world.bob_at_alice);
  world.alice.send(chat, "welcome");
  REQUIRE(world.until([&] { return world.bob.has_text("welcome"); }));
  const ChatId bobs = Three::group_at(world.bob);
  CHECK(announced(world.bob, bobs) == Texts{"welcome"});
  CHECK(lines_of(world.bob, bobs) == Texts{"Messages are end-to-end encrypted."});

  Three::add(world.alice, chat, world.carol_at_alice);
  CHECK(lines_of(world.alice, chat).back() == "You added member carol.");
  world.alice.send(chat, "all here");
  REQUIRE(world.until([&] { return world.carol.has_text("all here"); }));
  REQUIRE(world.until([&] { return world.bob.has_text("all here"); }));
  CHECK(announced(world.carol, Three::group_at(world.carol)) ==
        Texts{"Member Me added by alice.", "all here"});
  CHECK(announced(world.bob, bobs) == Texts{"welcome", "Member carol added by alice.", "all here"});
}

TEST_CASE("who leaves a group is a change of the chat, not a message") {
  Three world;
  const ChatId chat = world.make_group();
  REQUIRE(Three::leave(world.bob, Three::group_at(world.bob)));
  CHECK(lines_of(world.bob, Three::group_at(world.bob)).back() == "You left the group.");
  REQUIRE(world.until([&] { return lines_of(world.alice, chat).back() == "Group left by bob."; }));
  CHECK(announced(world.alice, chat).empty());
  const auto line = Three::lines(world.alice, chat, SystemMessage::member_removed);
  REQUIRE(line.size() == 1);
  CHECK(world.until([&] {  // events come a moment after what they report can be read
    return place_of<MsgsChanged>(world.alice, [&](const auto& event) {
             return event.msg_id == line[0].id;
           }) < world.alice.events().size();
  }));
}

TEST_CASE("a channel's owner reads who came, and not line by line who left") {
  Three world;
  const auto chat = answer<ChatId>([&](auto done) {
    world.alice.engine().groups().create_channel(kAccount, "News", std::move(done));
  });
  REQUIRE(chat);
  world.alice.send(*chat, "first");
  Three::add(world.alice, *chat, world.bob_at_alice);
  CHECK(lines_of(world.alice, *chat).back() == "Member bob added.");
  REQUIRE(world.until([&] { return !Three::groups_at(world.bob).empty(); }));
  const std::size_t lines = lines_of(world.alice, *chat).size();
  REQUIRE(Three::leave(world.bob, Three::group_at(world.bob)));
  CHECK(lines_of(world.bob, Three::group_at(world.bob)).back() == "You left the channel.");
  REQUIRE(world.until([&] { return Three::members(world.alice, *chat).empty(); }));
  CHECK(lines_of(world.alice, *chat).size() == lines);
}
