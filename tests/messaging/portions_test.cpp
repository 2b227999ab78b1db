// Long lists of messages are worked off in portions: others write between them, and what a crash
// cuts short is finished by the same call.
#include "tests/support/world.h"

using namespace test;

namespace {

std::vector<MsgId> send_many(Peer& peer, ChatId chat, int count) {
  std::vector<MsgId> ids(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    MessageDraft draft;
    draft.text = std::to_string(i);
    peer.engine().messages().send(Peer::kAccount, chat, std::move(draft),
                                  [&ids, i](base::Result<MsgId> id) { ids[i] = id.value(); });
  }
  peer.store().writer().flush();
  return ids;
}

// What the query counts for a write that is asked for right after `call`.
template <class Call>
std::int64_t seen_between(Peer& peer, const char* sql, Call call) {
  std::int64_t seen = -1;
  REQUIRE(answer<void>([&](auto done) {
    call(std::move(done));
    peer.store().write<void>(
        [&seen, sql](store::Tx& tx) -> base::Result<> {
          EDGE_TRY(const auto count, tx.db().integer(sql));
          seen = count.value_or(-1);
          return {};
        },
        [](const base::Result<>&) {});
  }));
  return seen;
}

base::Result<> remove(Peer& peer, std::vector<MsgId> messages) {
  return answer<void>([&](auto done) {
    peer.engine().messages().remove(Peer::kAccount, std::move(messages), std::move(done));
  });
}

}  // namespace

TEST_CASE("others write while many messages are deleted") {
  World world;
  const ChatId chat = world.alice.saved_messages();
  const auto ids = send_many(world.alice, chat, 1200);
  const auto left = seen_between(
      world.alice, "SELECT count(*) FROM message WHERE chat_id = 10", [&](base::Completion<> done) {
        world.alice.engine().messages().remove(Peer::kAccount, ids, std::move(done));
      });
  CHECK(left > 0);
  CHECK(world.alice.texts(chat).empty());
}

TEST_CASE("deleting what is deleted already is no error, and a number that was never one is") {
  World world;
  const ChatId chat = world.alice.saved_messages();
  const auto ids = send_many(world.alice, chat, 3);
  REQUIRE(remove(world.alice, {ids[0]}));
  world.alice.forget_events();
  REQUIRE(remove(world.alice, {ids[0], ids[1], ids[1]}));
  CHECK(world.alice.events_of<MsgDeleted>().size() == 1);
  // All of a call or none of it.
  const auto refused = remove(world.alice, {ids[2], MsgId(4711)});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("4711") != std::string::npos);
  CHECK_FALSE(remove(world.alice, {ids[2], MsgId(9)}));
  CHECK(world.alice.texts(chat) == std::vector<std::string>{"2"});
}

TEST_CASE("others write while many messages are sent again, in their order and once each") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  const auto ids = send_many(world.alice, chat, 160);
  const auto all_delivered = [&] {
    return std::all_of(ids.begin(), ids.end(),
                       [&](MsgId id) { return world.alice.state(id) == MsgState::out_delivered; });
  };
  REQUIRE(world.until(all_delivered));
  world.network.set({.cut = true});
  const auto pending = seen_between(
      world.alice, "SELECT count(*) FROM message WHERE state = 20", [&](base::Completion<> done) {
        world.alice.engine().messages().resend(Peer::kAccount, ids, std::move(done));
      });
  CHECK(pending > 0);
  CHECK(pending < 160);
  world.network.set({});
  REQUIRE(world.until(all_delivered));
  const auto texts = world.bob.texts(world.bob.chat_with_peer());
  REQUIRE(texts.size() == 160);
  for (std::size_t i = 0; i < texts.size(); ++i) CHECK(texts[i] == std::to_string(i));
}

TEST_CASE("others write while many messages are marked seen") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  send_many(world.alice, chat, 1100);
  const ChatId bobs = world.bob.chat_with_peer();
  REQUIRE(world.until([&] { return world.bob.texts(bobs).size() == 1100; }));
  std::vector<MsgId> came;
  const auto items = world.bob.engine().messages().list(Peer::kAccount, bobs, false, false);
  REQUIRE(items);
  for (const ListItem& item : *items) {
    came.push_back(item.message);
  }
  const auto fresh = seen_between(
      world.bob, "SELECT count(*) FROM message WHERE state = 10", [&](base::Completion<> done) {
        world.bob.engine().messages().mark_seen(Peer::kAccount, came, std::move(done));
      });
  CHECK(fresh > 0);
  CHECK(world.bob.engine().chats().fresh_count(Peer::kAccount, bobs) == 0);
}
