// Places of messages in a chat (decision 18), states and tombstones: the rules of the message
// table.
#include "messaging/api/message_page.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/contact_keys.h"
#include "store/tables/accounts.h"
#include "store/tables/contacts.h"
#include "tests/support/world.h"

using namespace test;

namespace {

// Runs in the writer's transaction of account 1.
template <class T, class F>
base::Result<T> in_write(Peer& peer, F fn) {
  return peer.store().write_now<T>([&](store::Tx& tx) -> base::Result<T> {
    EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
    const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
    const store::Scope scope{tx.db(), tx.vault(), key, Peer::kAccount};
    return fn(tx, scope);
  });
}

constexpr ContactId kBobsDevice{10};
constexpr ContactId kCarolsDevice{11};

struct Chatroom {
  explicit Chatroom(World& w) : world(w) {
    auto made = in_write<ChatId>(
        world.alice, [](store::Tx& tx, const store::Scope& scope) -> base::Result<ChatId> {
          store::ContactRow contact;
          contact.id = kBobsDevice;
          contact.keys.push_back(chats::stored_key({1}));
          contact.addr = "bob@bob.test";
          EDGE_CHECK(store::insert_contact(scope, contact));
          EDGE_TRY(const auto row,
                   chats::ensure_single_chat(tx, scope, kBobsDevice, store::ChatBlocked::no));
          return row.id;
        });
    REQUIRE(made);
    chat = *made;
  }
  std::optional<MsgId> receive(ContactId from, std::int64_t seq, const std::string& text,
                               std::optional<store::Uuid> uuid = std::nullopt,
                               UnixMillis sent_at = 0) {
    auto id = in_write<std::optional<MsgId>>(
        world.alice,
        [&](store::Tx& tx, const store::Scope& scope) -> base::Result<std::optional<MsgId>> {
          EDGE_TRY(const auto row, store::load_chat(scope, chat));
          store::MessageRow message;
          message.from = from;
          message.uuid = uuid.value_or(store::random_uuid());
          message.seq = seq;
          message.sent_at = sent_at;
          message.text = text;
          return chats::insert_incoming(tx, scope, row, message);
        });
    REQUIRE(id);
    return *id;
  }
  std::vector<std::string> texts() { return world.alice.texts(chat); }

  World& world;
  ChatId chat;
};

bool set_state(World& world, MsgId id, MsgState state) {
  auto changed = in_write<bool>(world.alice, [&](store::Tx&, const store::Scope& scope) {
    return store::set_message_state(scope, id, state);
  });
  REQUIRE(changed);
  return *changed;
}

}  // namespace

TEST_CASE("a late message moves before what its sender sent after it") {
  World world;
  Chatroom room(world);
  room.receive(kBobsDevice, 1, "b1");
  room.receive(kCarolsDevice, 1, "c1");
  room.receive(kBobsDevice, 4, "b4");
  room.receive(kCarolsDevice, 2, "c2");
  room.receive(kBobsDevice, 3, "b3");
  room.receive(kBobsDevice, 2, "b2");
  room.receive(kBobsDevice, 5, "b5");
  CHECK(room.texts() == std::vector<std::string>{"b1", "c1", "b2", "b3", "b4", "c2", "b5"});
}

TEST_CASE("any order of arrival gives the sender's order") {
  World world;
  Chatroom room(world);
  for (const int seq : {7, 3, 9, 1, 8, 2, 5, 4, 6})
    room.receive(kBobsDevice, seq, std::to_string(seq));
  CHECK(room.texts() == std::vector<std::string>{"1", "2", "3", "4", "5", "6", "7", "8", "9"});
}

TEST_CASE("a sender's clock changes neither the order nor our future") {
  World world;
  Chatroom room(world);
  const auto late = room.receive(kBobsDevice, 1, "from the future", std::nullopt,
                                 world.clock.now() + 1'000'000'000);
  room.receive(kBobsDevice, 2, "from the past", std::nullopt, 1000);
  CHECK(room.texts() == std::vector<std::string>{"from the future", "from the past"});
  CHECK(world.alice.message(*late).sort_at == world.clock.now());
}

TEST_CASE("the same message twice is one, and a deleted one does not come back") {
  World world;
  Chatroom room(world);
  const store::Uuid uuid = store::random_uuid();
  const auto first = room.receive(kBobsDevice, 1, "once", uuid);
  REQUIRE(first);
  CHECK(room.receive(kBobsDevice, 1, "once", uuid) == std::nullopt);
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().messages().remove(Peer::kAccount, {*first}, std::move(done));
  }));
  CHECK(room.receive(kBobsDevice, 1, "once", uuid) == std::nullopt);
  CHECK(room.texts().empty());
  // Another sender's uuid is its own affair.
  CHECK(room.receive(kCarolsDevice, 1, "mine", uuid));
}

TEST_CASE("states go forward only; what failed may still be delivered") {
  World world;
  Chatroom room(world);
  const MsgId in = *room.receive(kBobsDevice, 1, "in");
  CHECK(set_state(world, in, MsgState::in_seen));
  CHECK_FALSE(set_state(world, in, MsgState::in_noticed));
  CHECK_FALSE(set_state(world, in, MsgState::out_delivered));
  CHECK(world.alice.state(in) == MsgState::in_seen);

  const auto out = in_write<MsgId>(
      world.alice, [&](store::Tx& tx, const store::Scope& scope) -> base::Result<MsgId> {
        store::MessageRow row;
        row.chat = room.chat;
        row.from = kSelf;
        row.uuid = store::random_uuid();
        row.state = MsgState::out_pending;
        EDGE_CHECK(chats::insert_own(tx, scope, row));
        return row.id;
      });
  REQUIRE(out);
  CHECK(set_state(world, *out, MsgState::out_failed));
  CHECK(set_state(world, *out, MsgState::out_delivered));
  CHECK_FALSE(set_state(world, *out, MsgState::out_pending));
  CHECK(set_state(world, *out, MsgState::out_read));
  CHECK_FALSE(set_state(world, *out, MsgState::out_delivered));
  CHECK_FALSE(set_state(world, *out, MsgState::out_failed));
  CHECK_FALSE(set_state(world, *out, MsgState::in_seen));
  CHECK(world.alice.state(*out) == MsgState::out_read);
}

TEST_CASE("a record that does not open costs itself only") {
  World world;
  Chatroom room(world);
  const MsgId broken = *room.receive(kBobsDevice, 1, "broken");
  const MsgId whole = *room.receive(kBobsDevice, 2, "whole");
  REQUIRE(in_write<void>(world.alice, [&](store::Tx& tx, const store::Scope&) -> base::Result<> {
    EDGE_CHECK(tx.db().run("UPDATE message SET sealed = CAST(x'01' || sealed AS BLOB) WHERE id = ?",
                           broken));
    return {};
  }));
  const auto found = world.alice.engine().messages().page(Peer::kAccount, {broken, whole});
  REQUIRE(found);
  CHECK_FALSE(found->messages[0]);
  CHECK(found->messages[1]->text == "whole");
  CHECK(found->device_chat);  // for a note in the place of the broken one
  // The two and the chat's own notice.
  CHECK(world.alice.engine().messages().list(Peer::kAccount, room.chat, false, false)->size() == 3);
  CHECK(world.alice.engine().chats().summary(Peer::kAccount, room.chat)->text == "whole");
  CHECK(world.alice.search("whole", room.chat).size() == 1);
}

TEST_CASE("sealed rows do not open in each other's place") {
  World world;
  Chatroom room(world);
  const MsgId one = *room.receive(kBobsDevice, 1, "one");
  const MsgId two = *room.receive(kBobsDevice, 2, "two");
  REQUIRE(in_write<void>(world.alice, [&](store::Tx& tx, const store::Scope&) -> base::Result<> {
    EDGE_CHECK(tx.db().run(
        "UPDATE message SET sealed = (SELECT sealed FROM message WHERE id = ?) WHERE id = ?", one,
        two));
    return {};
  }));
  CHECK(world.alice.message(one).text == "one");
  CHECK(world.alice.engine().messages().get(Peer::kAccount, two).error().code ==
        base::Errc::sealed);
}

TEST_CASE("a contact request reports its message and cannot be answered before it is accepted") {
  World world;
  const auto chat = in_write<ChatId>(
      world.alice, [&](store::Tx& tx, const store::Scope& scope) -> base::Result<ChatId> {
        store::ContactRow contact;
        contact.id = kBobsDevice;
        contact.keys.push_back(chats::stored_key({1}));
        EDGE_CHECK(store::insert_contact(scope, contact));
        EDGE_TRY(const auto row,
                 chats::ensure_single_chat(tx, scope, kBobsDevice, store::ChatBlocked::request));
        store::MessageRow message;
        message.from = kBobsDevice;
        message.uuid = store::random_uuid();
        message.seq = 1;
        message.text = "may I?";
        EDGE_CHECK(chats::insert_incoming(tx, scope, row, message));
        return row.id;
      });
  REQUIRE(chat);
  Engine& engine = world.alice.engine();
  CHECK(world.alice.events_of<IncomingMsg>().size() == 1);
  CHECK(engine.chats().get(Peer::kAccount, *chat)->is_contact_request);
  CHECK_FALSE(engine.chats().get(Peer::kAccount, *chat)->can_send);
  const std::size_t fresh = engine.messages().fresh(Peer::kAccount)->size();
  const auto refused = answer<MsgId>([&](auto done) {
    MessageDraft draft;
    draft.text = "x";
    engine.messages().send(Peer::kAccount, *chat, draft, std::move(done));
  });
  CHECK(refused.error().code == base::Errc::forbidden);
  REQUIRE(answer<void>(
      [&](auto done) { engine.chats().accept(Peer::kAccount, *chat, std::move(done)); }));
  CHECK(engine.chats().get(Peer::kAccount, *chat)->can_send);
  CHECK(engine.messages().fresh(Peer::kAccount)->size() == fresh + 1);
  CHECK(world.alice.events_of<ChatModified>().size() == 1);
}
