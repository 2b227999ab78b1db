// Sending, reading and deleting in the chat with oneself: all of it without a peer.
#include <algorithm>
#include <atomic>
#include <optional>

#include "messaging/api/message_page.h"
#include "tests/support/world.h"

using namespace test;

namespace {
MessageDraft with_text(std::string text) {
  MessageDraft draft;
  draft.text = std::move(text);
  return draft;
}
base::Result<MsgId> try_send(World& world, ChatId chat, MessageDraft draft) {
  return answer<MsgId>([&](auto done) {
    world.alice.engine().messages().send(Peer::kAccount, chat, std::move(draft), std::move(done));
  });
}
base::Result<> remove(World& world, std::vector<MsgId> messages) {
  return answer<void>([&](auto done) {
    world.alice.engine().messages().remove(Peer::kAccount, std::move(messages), std::move(done));
  });
}
}  // namespace

TEST_CASE("a message to oneself is delivered at once and reported in order") {
  World world;
  const ChatId chat = world.alice.saved_messages();
  world.alice.forget_events();
  const MsgId id = world.alice.send(chat, "note to self");
  const Message message = world.alice.message(id);
  CHECK(message.state == MsgState::out_delivered);
  CHECK(message.text == "note to self");
  CHECK(message.from == kSelf);
  CHECK(message.type == Viewtype::text);
  CHECK(message.encrypted);
  CHECK(message.uuid.size() == 32);
  const auto events = world.alice.events();
  REQUIRE(events.size() == 2);
  CHECK(std::get<MsgsChanged>(events[0].body) == MsgsChanged{chat, id});
  CHECK(std::holds_alternative<ChatlistChanged>(events[1].body));
  CHECK(events[0].id < events[1].id);

  world.alice.restart();
  CHECK(world.alice.texts(chat) == std::vector<std::string>{"note to self"});
}

TEST_CASE("an empty text is sent, and one that is too long is refused") {
  World world;
  const ChatId chat = world.alice.saved_messages();
  const auto empty = try_send(world, chat, {});
  REQUIRE(empty);
  CHECK(world.alice.message(*empty).text.empty());
  CHECK(try_send(world, chat, with_text(std::string(kMaxText + 1, 'x'))).error().code ==
        base::Errc::too_large);
  CHECK(try_send(world, chat, with_text("\xc3\x28")).error().code == base::Errc::invalid_argument);
  CHECK(try_send(world, chat, with_text(std::string(kMaxText, 'x'))));
}

TEST_CASE("chats and messages that do not exist are named") {
  World world;
  CHECK(try_send(world, ChatId(12345), with_text("x"))
            .error()
            .message.find("Failed loading chat Chat#12345") != std::string::npos);
  CHECK(world.alice.engine().messages().get(Peer::kAccount, MsgId(12345)).error().message ==
        "Message Msg#12345 does not exist for account 1");
  CHECK_FALSE(world.alice.engine().messages().get(Peer::kAccount, MsgId(7)));
  const auto device = world.alice.engine().chats().find_by_contact(Peer::kAccount, kDeviceContact);
  CHECK(try_send(world, **device, with_text("x")).error().code == base::Errc::forbidden);
}

TEST_CASE("a quote keeps its text when the quoted message is deleted") {
  World world;
  const ChatId chat = world.alice.saved_messages();
  const MsgId first = world.alice.send(chat, "first");
  MessageDraft draft = with_text("second");
  draft.quoted = first;
  const MsgId second = world.alice.send(chat, draft);
  REQUIRE(world.alice.message(second).quote);
  CHECK(world.alice.message(second).quote->message == first);
  CHECK(world.alice.message(second).quote->text == "first");
  REQUIRE(remove(world, {first}));
  CHECK(world.alice.message(second).quote->text == "first");
  CHECK(world.alice.message(second).quote->message == std::nullopt);
  draft.quoted = MsgId(4711);
  CHECK(try_send(world, chat, draft).error().code == base::Errc::not_found);
}

TEST_CASE("deleting reports each message, then the chat; unknown ones delete nothing") {
  World world;
  const ChatId chat = world.alice.saved_messages();
  const MsgId one = world.alice.send(chat, "one");
  const MsgId two = world.alice.send(chat, "two");
  CHECK(remove(world, {one, MsgId(4711)}).error().message ==
        "Message Msg#4711 does not exist for account 1");
  CHECK(world.alice.texts(chat).size() == 2);
  world.alice.forget_events();
  REQUIRE(remove(world, {one, two, one}));
  const auto events = world.alice.events();
  REQUIRE(events.size() == 4);
  CHECK(std::get<MsgDeleted>(events[0].body) == MsgDeleted{chat, one});
  CHECK(std::get<MsgDeleted>(events[1].body) == MsgDeleted{chat, two});
  CHECK(std::get<MsgsChanged>(events[2].body) == MsgsChanged{chat, MsgId()});
  CHECK(std::holds_alternative<ChatlistChanged>(events[3].body));
  CHECK(world.alice.texts(chat).empty());
  CHECK(world.alice.engine().messages().existing(Peer::kAccount, {one, two})->empty());
  CHECK(world.alice.send(chat, "three").value > two.value);
}

TEST_CASE("a page answers each id for itself, in the order asked") {
  World world;
  const ChatId chat = world.alice.saved_messages();
  const MsgId one = world.alice.send(chat, "one");
  const MsgId two = world.alice.send(chat, "two");
  const auto found =
      world.alice.engine().messages().page(Peer::kAccount, {two, MsgId(4711), one, MsgId(9)});
  REQUIRE(found);
  const auto& messages = found->messages;
  REQUIRE(messages.size() == 4);
  CHECK(messages[0]->text == "two");
  CHECK(messages[1].error().code == base::Errc::not_found);
  CHECK(messages[2]->text == "one");
  CHECK(messages[3].error().message.find("special message ID Msg#9") != std::string::npos);
}

TEST_CASE("the list of a chat marks days and distinguishes info messages") {
  World world;
  const ChatId chat = world.alice.saved_messages();
  const MsgId one = world.alice.send(chat, "one");
  world.clock.advance(24 * 3600 * 1000);
  const MsgId two = world.alice.send(chat, "two");
  Messages& messages = world.alice.engine().messages();
  const auto plain = messages.list(Peer::kAccount, chat, false, false);
  REQUIRE(plain->size() == 2);
  const auto marked = messages.list(Peer::kAccount, chat, false, true);
  REQUIRE(marked->size() == 4);
  CHECK((*marked)[0].message == kDayMarker);
  CHECK((*marked)[0].day % (24 * 3600 * 1000) == 0);
  CHECK((*marked)[1].message == one);
  CHECK((*marked)[2].message == kDayMarker);
  CHECK((*marked)[3].message == two);
  CHECK(messages.list(Peer::kAccount, chat, true, false)->empty());
  CHECK_FALSE(messages.list(Peer::kAccount, ChatId(4711), false, false));
}

TEST_CASE("search finds parts of texts in any case") {
  World world;
  const ChatId chat = world.alice.saved_messages();
  const MsgId one = world.alice.send(chat, "The pump in hall THREE");
  const MsgId two = world.alice.send(chat, "hall three is quiet");
  world.alice.send(chat, "something else");
  CHECK(world.alice.search("Three") == std::vector<MsgId>{two, one});
  CHECK(world.alice.search("three", chat) == std::vector<MsgId>{one, two});
  CHECK(world.alice.search("").empty());
}

TEST_CASE("a draft is one message of its own state until it is replaced or removed") {
  World world;
  const ChatId chat = world.alice.saved_messages();
  Messages& messages = world.alice.engine().messages();
  const auto set = [&](MessageDraft draft) {
    return answer<void>([&](auto done) {
      messages.set_draft(Peer::kAccount, chat, std::move(draft), std::move(done));
    });
  };
  CHECK(*messages.draft(Peer::kAccount, chat) == std::nullopt);
  REQUIRE(set(with_text("half a thought")));
  auto draft = messages.draft(Peer::kAccount, chat);
  REQUIRE(*draft);
  CHECK((*draft)->text == "half a thought");
  CHECK((*draft)->state == MsgState::out_draft);
  CHECK(messages.list(Peer::kAccount, chat, false, false)->empty());
  CHECK(world.alice.engine().chats().summary(Peer::kAccount, chat)->prefix == "Draft");
  REQUIRE(set(with_text("a thought")));
  CHECK((*messages.draft(Peer::kAccount, chat))->text == "a thought");
  world.alice.forget_events();
  REQUIRE(set({}));
  CHECK(*messages.draft(Peer::kAccount, chat) == std::nullopt);
  CHECK(world.alice.events_of<MsgsChanged>() ==
        std::vector<MsgsChanged>{MsgsChanged{chat, MsgId()}});
}

TEST_CASE("a device message with a label appears once") {
  World world;
  Messages& messages = world.alice.engine().messages();
  const auto add = [&](const std::string& label, std::optional<MessageDraft> draft) {
    return *answer<std::optional<MsgId>>([&](auto done) {
      messages.add_device_message(Peer::kAccount, label, std::move(draft), std::move(done));
    });
  };
  const auto first = add("update-1", with_text("A new version is here."));
  REQUIRE(first);
  CHECK(world.alice.message(*first).from == kDeviceContact);
  CHECK(world.alice.message(*first).state == MsgState::in_fresh);
  CHECK(add("update-1", with_text("A new version is here.")) == std::nullopt);
  CHECK(add("update-2", std::nullopt) == std::nullopt);
  CHECK(add("update-2", with_text("never shown")) == std::nullopt);
}

TEST_CASE("marking seen goes forward, reports each chat once and moves last_msg_id") {
  World world;
  Engine& engine = world.alice.engine();
  const auto fresh = engine.messages().fresh(Peer::kAccount);
  REQUIRE(fresh->size() == 1);
  CHECK(engine.messages().next(Peer::kAccount)->size() == 1);
  world.alice.forget_events();
  world.alice.mark_seen({fresh->front(), MsgId(4711)});
  CHECK(world.alice.state(fresh->front()) == MsgState::in_seen);
  CHECK(world.alice.events_of<MsgsNoticed>().size() == 1);
  CHECK(*engine.config().get(Peer::kAccount, "last_msg_id") ==
        std::to_string(fresh->front().value));
  CHECK(engine.messages().fresh(Peer::kAccount)->empty());
  CHECK(engine.messages().next(Peer::kAccount)->empty());
  world.alice.mark_seen({fresh->front()});
  world.alice.mark_seen({});
  CHECK(world.alice.events_of<MsgsNoticed>().size() == 1);
}

TEST_CASE("a gateway stops in the middle of a chat's removal, and the rest of the chat is there") {
  World world;
  Engine& engine = world.alice.engine();
  const ChatId chat = world.alice.saved_messages();
  for (int i = 0; i < 2500; ++i) {  // five portions of a removal
    engine.messages().send(Peer::kAccount, chat, with_text("line"), [](const auto&) {});
    if (i % 1000 == 999) world.alice.store().writer().flush();
  }
  world.alice.store().writer().flush();
  std::atomic<int> answered = 0;
  std::optional<base::Error> error;
  engine.chats().remove(Peer::kAccount, chat, [&](base::Result<> removed) {
    if (!removed) error = removed.error();
    ++answered;
  });
  world.alice.stop();
  CHECK(answered == 1);
  world.alice.start();
  if (!error) return;  // it was quicker than the stop
  CHECK(error->code == base::Errc::unavailable);
  const auto left = world.alice.engine().messages().list(Peer::kAccount, chat, false, false);
  REQUIRE(left);
  CHECK_FALSE(left->empty());
}
