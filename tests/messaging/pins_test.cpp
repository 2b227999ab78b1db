// Pinned messages, at all who are in the chat.
#include <limits>

#include "store/tables/accounts.h"
#include "store/tables/message_changes.h"
#include "store/tables/messages.h"
#include "tests/messaging/three.h"

using namespace test;

namespace {

base::Result<> set_pin(Peer& peer, MsgId message, bool pinned) {
  return answer<void>(
      [&](auto done) { peer.engine().messages().pin(kAccount, message, pinned, std::move(done)); });
}
bool has_pin(Peer& peer, const std::string& text) {
  const auto message = peer.find_text(text);
  return message && peer.message(*message).is_pinned;
}
std::vector<MsgId> pins_of(Peer& peer, ChatId chat) {
  const auto found = peer.engine().messages().pinned(kAccount, chat);
  REQUIRE(found);
  return *found;
}

}  // namespace

TEST_CASE("a pin counts in a group however its messages pass each other, and so does its end") {
  Three world;
  const ChatId chat = world.make_group();
  world.network.set({.lose_request = 0.3, .lose_reply = 0.3, .duplicate = 0.5, .reorder = true});
  const MsgId sent = world.alice.send(chat, "valve 3 stays shut");
  REQUIRE(set_pin(world.alice, sent, true));
  const auto at = [&](Peer& peer) { return has_pin(peer, "valve 3 stays shut"); };
  REQUIRE(world.until([&] { return at(world.bob) && at(world.carol); }));
  CHECK(pins_of(world.alice, chat) == std::vector<MsgId>{sent});
  CHECK(pins_of(world.bob, Three::group_at(world.bob)).size() == 1);
  REQUIRE(set_pin(world.bob, *world.bob.find_text("valve 3 stays shut"), false));
  REQUIRE(world.until([&] { return !at(world.alice) && !at(world.carol); }));
  REQUIRE(set_pin(world.carol, *world.carol.find_text("valve 3 stays shut"), true));
  CHECK(world.until([&] { return at(world.alice) && at(world.bob); }));
  CHECK(Three::lines(world.alice, chat, SystemMessage::message_unpinned).size() == 1);
}

TEST_CASE("a pinned message that is deleted is pinned no more, and the chat says so") {
  World world;
  const ChatId at_bob = world.join(world.bob, world.alice);
  const ChatId at_alice = world.alice.chat_with_peer();
  const MsgId sent = world.alice.send(at_alice, "valve 3 stays shut");
  REQUIRE(set_pin(world.alice, sent, true));
  REQUIRE(world.until([&] { return has_pin(world.bob, "valve 3 stays shut"); }));
  CHECK(world.until([&] { return times(world.bob, PinnedMessagesChanged{at_bob}) == 1; }));
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().messages().remove_for_all(kAccount, {sent}, std::move(done));
  }));
  CHECK(world.until([&] { return pins_of(world.bob, at_bob).empty(); }));
  CHECK(world.until([&] { return times(world.bob, PinnedMessagesChanged{at_bob}) == 2; }));
  CHECK(times(world.alice, PinnedMessagesChanged{at_alice}) == 2);
}

TEST_CASE("the owner of a channel pins its posts, and nobody else does") {
  Three world;
  const auto made = answer<ChatId>([&](auto done) {
    world.alice.engine().groups().create_channel(kAccount, "News", std::move(done));
  });
  REQUIRE(made);
  Three::add(world.alice, *made, world.bob_at_alice);
  const MsgId post = world.alice.send(*made, "pump 3 runs hot");
  REQUIRE(world.until([&] { return world.bob.has_text("pump 3 runs hot"); }));
  CHECK_FALSE(set_pin(world.bob, *world.bob.find_text("pump 3 runs hot"), true));
  REQUIRE(set_pin(world.alice, post, true));
  CHECK(world.until([&] { return has_pin(world.bob, "pump 3 runs hot"); }));
}

TEST_CASE("a pin of a time that never comes is undone as any other") {
  Three world;
  const ChatId chat = world.make_group();
  const MsgId sent = world.alice.send(chat, "valve 3 stays shut");
  const auto at = [&](Peer& peer) { return has_pin(peer, "valve 3 stays shut"); };
  REQUIRE(world.until([&] {
    return world.bob.has_text("valve 3 stays shut") && world.carol.has_text("valve 3 stays shut");
  }));
  REQUIRE(world.alice.store().write_now<void>([&](store::Tx& tx) -> base::Result<> {
    EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
    const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
    const store::Scope scope{tx.db(), tx.vault(), key, kAccount};
    EDGE_TRY(const store::MessageRow message, store::load_message(scope, sent));
    EDGE_TRY(const bool put, store::put_message_change(
                                 scope, {.author = message.from,
                                         .uuid = message.uuid,
                                         .contact = kSelf,
                                         .kind = store::ChangeKind::pin,
                                         .number = std::numeric_limits<std::int64_t>::max() - 1,
                                         .waits = false,
                                         .text = "1"}));
    if (!put) FAIL("there was one");
    return {};
  }));
  REQUIRE(set_pin(world.alice, sent, true));
  REQUIRE(world.until([&] { return at(world.bob) && at(world.carol); }));
  REQUIRE(set_pin(world.bob, *world.bob.find_text("valve 3 stays shut"), false));
  CHECK(world.until([&] { return !at(world.carol); }));
}
