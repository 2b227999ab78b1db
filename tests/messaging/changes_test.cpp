// Changes of messages that were sent: reactions, edits, deletion for all.
#include <filesystem>

#include "messaging/model/change_content.h"
#include "store/tables/accounts.h"
#include "store/tables/message_changes.h"
#include "store/tables/messages.h"
#include "tests/messaging/three.h"

using namespace test;

namespace {

using Reactions = std::vector<std::string>;

base::Result<> react(Peer& peer, MsgId message, Reactions reactions) {
  return answer<void>([&](auto done) {
    peer.engine().messages().react(kAccount, message, std::move(reactions), std::move(done));
  });
}
base::Result<> edit(Peer& peer, MsgId message, const std::string& text) {
  return answer<void>(
      [&](auto done) { peer.engine().messages().edit(kAccount, message, text, std::move(done)); });
}
base::Result<> remove_for_all(Peer& peer, std::vector<MsgId> messages) {
  return answer<void>([&](auto done) {
    peer.engine().messages().remove_for_all(kAccount, std::move(messages), std::move(done));
  });
}

// "name: reactions; …" of a message, by contact; "" none.
std::string shown(Peer& peer, MsgId message) {
  std::string text;
  for (const ReactionsOf& of : peer.message(message).reactions) {
    const auto contact = peer.engine().contacts().get(kAccount, of.contact);
    REQUIRE(contact);
    text += contact->display_name + ": " + join_reactions(of.reactions) + "; ";
  }
  return text;
}
std::string shown(Peer& peer, const std::string& text) {
  const auto message = peer.find_text(text);
  return message ? shown(peer, *message) : "not here";
}

struct ChangesWorld : World {
  ChangesWorld() : at_bob(join(bob, alice)), at_alice(alice.chat_with_peer()) {
    sent = alice.send(at_alice, "Pump 3 runs hot");
    REQUIRE(until([&] { return bob.has_text("Pump 3 runs hot"); }));
    received = *bob.find_text("Pump 3 runs hot");
  }
  ChatId at_bob, at_alice;
  MsgId sent, received;
};

}  // namespace

TEST_CASE("a reaction is shown at both, replaced by the next one, and taken back") {
  ChangesWorld world;
  REQUIRE(react(world.bob, world.received, {"👍", "🔥"}));
  CHECK(shown(world.bob, world.received) == "Me: 👍 🔥; ");
  REQUIRE(world.until([&] { return shown(world.alice, world.sent) == "bob: 👍 🔥; "; }));
  REQUIRE(world.until([&] { return world.alice.events_of<IncomingReaction>().size() == 1; }));
  const auto came = world.alice.events_of<IncomingReaction>();
  CHECK(came[0].msg_id == world.sent);
  CHECK(came[0].chat_id == world.at_alice);
  CHECK(came[0].reaction == "👍 🔥");
  CHECK(world.until([&] {
    return times(world.alice, ReactionsChanged{world.at_alice, world.sent}) == 1;
  }));
  REQUIRE(react(world.alice, world.sent, {"👍"}));
  REQUIRE(world.until([&] { return shown(world.bob, world.received) == "Me: 👍 🔥; alice: 👍; "; }));
  CHECK(world.bob.events_of<IncomingReaction>().empty());  // the message is not bob's
  REQUIRE(react(world.bob, world.received, {}));
  REQUIRE(world.until([&] { return shown(world.alice, world.sent) == "Me: 👍; "; }));
  CHECK(world.alice.events_of<IncomingReaction>().size() == 1);
}

TEST_CASE("the last reaction counts, however often and in whichever order they arrive") {
  ChangesWorld world;
  world.network.set({.lose_request = 0.3, .lose_reply = 0.3, .duplicate = 0.5, .reorder = true});
  for (int i = 0; i < 20; ++i) REQUIRE(react(world.bob, world.received, {std::to_string(i)}));
  CHECK(world.until([&] { return shown(world.alice, world.sent) == "bob: 19; "; }));
}

TEST_CASE("members of a group see each other's reactions, whoever wrote the message") {
  Three world;
  const ChatId chat = world.make_group();
  world.bob.send(Three::group_at(world.bob), "from bob");
  REQUIRE(world.until(
      [&] { return world.alice.has_text("from bob") && world.carol.has_text("from bob"); }));
  REQUIRE(react(world.carol, *world.carol.find_text("from bob"), {"👍"}));
  REQUIRE(react(world.alice, *world.alice.find_text("from bob"), {"🔥"}));
  const auto at = [&](Peer& peer) { return shown(peer, "from bob"); };
  CHECK(world.until([&] { return at(world.bob) == "alice: 🔥; carol: 👍; "; }));
  CHECK(world.until([&] { return at(world.alice) == "Me: 🔥; carol: 👍; "; }));
  CHECK(world.until([&] { return at(world.carol) == "Me: 👍; alice: 🔥; "; }));
  CHECK(world.until([&] { return world.bob.events_of<IncomingReaction>().size() == 2; }));
  CHECK(world.carol.events_of<IncomingReaction>().empty());
  CHECK(Three::members(world.alice, chat).size() == 3);
}

TEST_CASE("a removed member changes nothing in the group any more") {
  Three world;
  const ChatId chat = world.make_group();
  world.bob.send(Three::group_at(world.bob), "from bob");
  world.alice.send(chat, "from alice");
  REQUIRE(world.until([&] { return world.alice.has_text("from bob"); }));
  REQUIRE(world.until([&] { return world.bob.has_text("from alice"); }));
  world.network.hold(true);
  REQUIRE(react(world.bob, *world.bob.find_text("from alice"), {"👍"}));
  REQUIRE(edit(world.bob, *world.bob.find_text("from bob"), "edited"));
  REQUIRE(Three::remove(world.alice, chat, world.bob_at_alice));
  world.network.hold(false);
  const auto sent =
      world.bob.engine().chats().find_by_contact(kAccount, Three::contact(world.bob, "alice"));
  REQUIRE((sent && *sent));
  world.bob.send(**sent, "after the changes");
  REQUIRE(world.until([&] { return world.alice.has_text("after the changes"); }));
  CHECK(shown(world.alice, "from alice").empty());
  CHECK(world.alice.has_text("from bob"));
  CHECK_FALSE(world.alice.has_text("edited"));
}

TEST_CASE("the owner of a channel edits and deletes at every subscriber; a subscriber cannot") {
  Three world;
  const auto made = answer<ChatId>([&](auto done) {
    world.alice.engine().groups().create_channel(kAccount, "News", std::move(done));
  });
  REQUIRE(made);
  Three::add(world.alice, *made, world.bob_at_alice);
  Three::add(world.alice, *made, world.carol_at_alice);
  const MsgId first = world.alice.send(*made, "pump 3 runs hot");
  const MsgId second = world.alice.send(*made, "wrong channel");
  const auto everywhere = [&](const std::string& text) {
    return world.bob.has_text(text) && world.carol.has_text(text);
  };
  REQUIRE(world.until([&] { return everywhere("wrong channel"); }));
  REQUIRE(edit(world.alice, first, "pump 4 runs hot"));
  REQUIRE(remove_for_all(world.alice, {second}));
  CHECK(world.until([&] { return everywhere("pump 4 runs hot"); }));
  CHECK(world.until([&] {
    return !world.bob.has_text("wrong channel") && !world.carol.has_text("wrong channel");
  }));
  CHECK_FALSE(react(world.bob, *world.bob.find_text("pump 4 runs hot"), {"👍"}));
  CHECK_FALSE(edit(world.bob, *world.bob.find_text("pump 4 runs hot"), "no"));
}

TEST_CASE("a reaction that is none is refused, and so is one to what nobody sent") {
  ChangesWorld world;
  for (const Reactions& reactions :
       {Reactions{"a\nb"}, Reactions{"\u202e"}, Reactions{std::string(65, 'x')},
        Reactions{"👍", "👍 \u202e"},
        Reactions{std::string(64, 'a') + ' ' + std::string(64, 'b') + ' ' + std::string(64, 'c') +
                  ' ' + std::string(64, 'd')}}) {
    CHECK_FALSE(react(world.bob, world.received, reactions));
  }
  CHECK_FALSE(react(world.bob, MsgId(4711), {"👍"}));
  const auto lines = Three::lines(world.alice, world.at_alice, SystemMessage::chat_e2ee);
  for (const Message& line : lines) CHECK_FALSE(react(world.alice, line.id, {"👍"}));
  CHECK(shown(world.bob, world.received).empty());
}

TEST_CASE("an edit replaces the text at both, and is shown as one") {
  ChangesWorld world;
  REQUIRE(edit(world.alice, world.sent, "Pump 4 runs hot"));
  CHECK(world.alice.message(world.sent).text == "Pump 4 runs hot");
  CHECK(world.alice.message(world.sent).is_edited);
  REQUIRE(world.until([&] { return world.bob.message(world.received).text == "Pump 4 runs hot"; }));
  CHECK(world.bob.message(world.received).is_edited);
  CHECK(world.until([&] {
    return times(world.bob, MsgsChanged{world.at_bob, world.received}) >= 1;
  }));
  CHECK_FALSE(edit(world.bob, world.received, "I did not write this"));
  CHECK_FALSE(edit(world.alice, world.sent, "  "));
  CHECK_FALSE(edit(world.alice, world.sent, std::string(kMaxText + 1, 'x')));
  CHECK(world.bob.search("Pump 4").size() == 1);
  CHECK(world.bob.search("Pump 3").empty());
}

TEST_CASE("the last edit counts when the message and its edits arrive in any order") {
  ChangesWorld world;
  world.network.set({.lose_request = 0.3, .lose_reply = 0.3, .duplicate = 0.5, .reorder = true});
  const MsgId sent = world.alice.send(world.at_alice, "draft 0");
  for (int i = 1; i <= 10; ++i) REQUIRE(edit(world.alice, sent, "draft " + std::to_string(i)));
  CHECK(world.until([&] { return world.bob.has_text("draft 10"); }));
  const auto at_bob = world.bob.texts(world.at_bob);
  CHECK(std::count_if(at_bob.begin(), at_bob.end(),
                      [](const std::string& text) { return text.starts_with("draft"); }) == 1);
}

TEST_CASE("a message deleted for all is gone everywhere, also where it comes after that") {
  Three world;
  const ChatId chat = world.make_group();
  const MsgId first = world.alice.send(chat, "a mistake");
  REQUIRE(world.until(
      [&] { return world.bob.has_text("a mistake") && world.carol.has_text("a mistake"); }));
  REQUIRE(react(world.bob, *world.bob.find_text("a mistake"), {"👍"}));
  CHECK_FALSE(remove_for_all(world.bob, {*world.bob.find_text("a mistake")}));
  world.network.set({.cut = true});
  const MsgId second = world.alice.send(chat, "one more");
  REQUIRE(remove_for_all(world.alice, {first, second}));
  world.alice.send(chat, "after it");
  world.network.set({});
  REQUIRE(world.until(
      [&] { return world.bob.has_text("after it") && world.carol.has_text("after it"); }));
  for (Peer* peer : {&world.alice, &world.bob, &world.carol}) {
    INFO(peer->name());
    CHECK(world.until([&] { return !peer->has_text("a mistake"); }));
    CHECK_FALSE(peer->has_text("one more"));
  }
  CHECK(world.until([&] { return world.bob.events_of<MsgDeleted>().size() == 1; }));
}

TEST_CASE("a file deleted for all is gone from the recipient's disk") {
  ChangesWorld world;
  TempDir files;
  MessageDraft draft;
  draft.text = "the plan";
  draft.file = files.file("plan.txt", "secret");
  const MsgId sent = world.alice.send(world.at_alice, draft);
  REQUIRE(world.until([&] { return world.bob.has_text("the plan"); }));
  const std::string path = world.bob.message(*world.bob.find_text("the plan")).file->path;
  CHECK(std::filesystem::exists(path));
  REQUIRE(remove_for_all(world.alice, {sent}));
  CHECK(world.until([&] { return !world.bob.has_text("the plan"); }));
  CHECK(world.until([&] { return !std::filesystem::exists(path); }));
}

TEST_CASE("changes outlive a restart of either side") {
  ChangesWorld world;
  REQUIRE(react(world.bob, world.received, {"👍"}));
  REQUIRE(edit(world.alice, world.sent, "Pump 4 runs hot"));
  world.bob.stop();
  world.alice.stop();
  world.alice.start();
  world.bob.start();
  CHECK(world.until([&] { return shown(world.alice, world.sent) == "bob: 👍; "; }));
  CHECK(world.until([&] { return world.bob.has_text("Pump 4 runs hot"); }));
  CHECK(shown(world.bob, "Pump 4 runs hot") == "Me: 👍; ");
}

TEST_CASE("changes that wait for their message are bounded, the oldest go first") {
  World world;
  world.join(world.bob, world.alice);
  const auto in_store = [&](auto fn) {
    const auto done = world.alice.store().write_now<void>([&](store::Tx& tx) -> base::Result<> {
      EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
      const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
      return fn(store::Scope{tx.db(), tx.vault(), key, kAccount});
    });
    if (!done) FAIL(done.error().message);
  };
  const auto change = [](std::uint16_t n) {
    store::MessageChangeRow row;
    row.author = row.contact = ContactId(10);
    row.uuid[0] = static_cast<std::uint8_t>(n);
    row.uuid[1] = static_cast<std::uint8_t>(n >> 8);
    row.number = n;
    row.waits = true;
    row.text = "👍";
    return row;
  };
  constexpr std::uint16_t kAll = store::kMaxWaitingChanges + 5;
  in_store([&](const store::Scope& scope) -> base::Result<> {
    for (std::uint16_t n = 1; n <= kAll; ++n) {
      EDGE_CHECK(store::put_message_change(scope, change(n)));
    }
    for (std::uint16_t n = 1; n <= kAll; ++n) {
      const store::MessageChangeRow row = change(n);
      EDGE_TRY(const auto found,
               store::find_message_change(scope, row.author, row.uuid, row.contact, row.kind));
      CHECK(found.has_value() == (n > 5));
    }
    EDGE_TRY(const bool again, store::put_message_change(scope, change(kAll)));
    CHECK_FALSE(again);
    return {};
  });
  // Large ones, which nobody sees either, by their bytes; what waits for nothing does not count.
  in_store([&](const store::Scope& scope) -> base::Result<> {
    std::size_t kept = 0;
    for (std::uint16_t n = 1; n <= 30; ++n) {
      store::MessageChangeRow row = change(static_cast<std::uint16_t>(kAll + n));
      row.kind = store::ChangeKind::edit;
      row.text = std::string(256 * 1024, 'x');
      row.waits = n > 1;
      EDGE_CHECK(store::put_message_change(scope, row));
    }
    for (std::uint16_t n = 1; n <= 30; ++n) {
      store::MessageChangeRow row = change(static_cast<std::uint16_t>(kAll + n));
      EDGE_TRY(const auto found, store::find_message_change(scope, row.author, row.uuid,
                                                            row.contact, store::ChangeKind::edit));
      if (n == 1 || n == 30) CHECK(found);
      if (found && n > 1) kept += found->text.size();
    }
    CHECK(kept <= store::kMaxWaitingBytes);
    CHECK(kept >= store::kMaxWaitingBytes / 2);
    return {};
  });
}

TEST_CASE("deletions of messages that never come take bounded room") {
  ChangesWorld world;
  world.network.set({.cut = true});
  std::vector<MsgId> gone;
  for (std::size_t n = 0; n < store::kMaxWaitingChanges + 44; ++n) {
    gone.push_back(world.alice.send(world.at_alice, "never there"));
  }
  REQUIRE(remove_for_all(world.alice, gone));  // and no longer sent
  world.alice.send(world.at_alice, "after them");
  world.network.set({});
  REQUIRE(world.until([&] { return world.bob.has_text("after them"); }));
  CHECK_FALSE(world.bob.has_text("never there"));
  const auto count = [&](const std::string& table) {
    auto reader = world.bob.store().read();
    REQUIRE(reader.ok());
    const auto rows = reader->connection().integer("SELECT count(*) FROM " + table);
    REQUIRE(rows.ok());
    return rows->value_or(-1);
  };
  CHECK(count("message_change") == std::int64_t{store::kMaxWaitingChanges});
  CHECK(count("tombstone") == 0);
}
