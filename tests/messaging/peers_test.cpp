// Chats and contacts once somebody has joined: what the rules of the local side make of it.
#include <algorithm>

#include "tests/support/world.h"

using namespace test;

namespace {
base::Result<> block(Peer& peer, ContactId contact, bool blocked) {
  return answer<void>([&](auto done) {
    peer.engine().contacts().set_blocked(Peer::kAccount, contact, blocked, std::move(done));
  });
}
}  // namespace

TEST_CASE("a message reaches the peer, is marked delivered, then read") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  const MsgId id = world.alice.send(chat, "hello bob");
  CHECK(world.until([&] { return world.bob.has_text("hello bob"); }));
  CHECK(world.until([&] { return !world.alice.events_of<MsgDelivered>().empty(); }));
  CHECK(world.alice.state(id) == MsgState::out_delivered);
  CHECK(world.alice.events_of<MsgDelivered>() == std::vector<MsgDelivered>{MsgDelivered{chat, id}});

  REQUIRE(world.until([&] { return !world.bob.events_of<IncomingMsg>().empty(); }));
  const auto incoming = world.bob.events_of<IncomingMsg>();
  REQUIRE(incoming.size() == 1);
  const Message received = world.bob.message(incoming[0].msg_id);
  CHECK(received.state == MsgState::in_fresh);
  CHECK(received.uuid == world.alice.message(id).uuid);
  CHECK(world.bob.engine().messages().fresh(Peer::kAccount)->front() == received.id);
  CHECK(world.bob.engine().chats().fresh_count(Peer::kAccount, received.chat) == 1);

  world.bob.mark_seen({received.id});
  CHECK(world.until([&] { return !world.alice.events_of<MsgRead>().empty(); }));
  CHECK(world.alice.state(id) == MsgState::out_read);
  CHECK(world.alice.events_of<MsgRead>() == std::vector<MsgRead>{MsgRead{chat, id}});
  const auto trace = world.alice.engine().messages().trace(Peer::kAccount, id);
  REQUIRE(trace);
  CHECK(trace->receipts.size() == 1);
}

TEST_CASE("no receipt is sent while mdns_enabled is 0") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  world.bob.set_config("mdns_enabled", "0");
  const MsgId quiet = world.alice.send(chat, "quiet");
  REQUIRE(world.until([&] { return world.bob.has_text("quiet"); }));
  world.bob.mark_seen({*world.bob.find_text("quiet")});
  world.bob.set_config("mdns_enabled", std::nullopt);
  const MsgId read = world.alice.send(chat, "told");
  REQUIRE(world.until([&] { return world.bob.has_text("told"); }));
  world.bob.mark_seen({*world.bob.find_text("told")});
  CHECK(world.until([&] { return world.alice.state(read) == MsgState::out_read; }));
  CHECK(world.alice.state(quiet) == MsgState::out_delivered);
}

TEST_CASE("noticing a chat reports it once and sends no receipt") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  const MsgId id = world.alice.send(chat, "one");
  REQUIRE(world.until([&] { return world.bob.has_text("one"); }));
  const ChatId bobs = world.bob.chat_with_peer();
  world.bob.forget_events();
  for (int i = 0; i < 2; ++i) {
    REQUIRE(answer<void>([&](auto done) {
      world.bob.engine().chats().mark_noticed(Peer::kAccount, bobs, std::move(done));
    }));
  }
  CHECK(world.bob.events_of<MsgsNoticed>().size() == 1);
  CHECK(world.bob.engine().chats().fresh_count(Peer::kAccount, bobs) == 0);
  REQUIRE(world.until([&] { return world.alice.state(id) == MsgState::out_delivered; }));
  CHECK(world.alice.state(id) == MsgState::out_delivered);
}

TEST_CASE("the joined contact is verified, found by its address and can be renamed") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  Contacts& contacts = world.alice.engine().contacts();
  const auto found = contacts.lookup_by_addr(Peer::kAccount, " BOB@bob.test");
  REQUIRE(found);
  REQUIRE(*found);
  CHECK(*contacts.lookup_by_addr(Peer::kAccount, "alice@alice.test") == kSelf);
  CHECK(*contacts.lookup_by_addr(Peer::kAccount, "nobody@bob.test") == std::nullopt);
  const Contact bob = *contacts.get(Peer::kAccount, **found);
  CHECK(bob.is_verified);
  CHECK(bob.e2ee_available);
  CHECK(bob.auth_name == "bob");
  CHECK(bob.display_name == "bob");
  CHECK(bob.fingerprint == world.bob.engine().contacts().get(Peer::kAccount, kSelf)->fingerprint);
  CHECK(*contacts.ids(Peer::kAccount, false, std::nullopt) == std::vector<ContactId>{bob.id});
  CHECK(*contacts.ids(Peer::kAccount, true, std::nullopt) == std::vector<ContactId>{bob.id, kSelf});
  CHECK(contacts.ids(Peer::kAccount, false, "nobody")->empty());

  REQUIRE(answer<void>(
      [&](auto done) { contacts.rename(Peer::kAccount, bob.id, "Robert", std::move(done)); }));
  CHECK(contacts.get(Peer::kAccount, bob.id)->display_name == "Robert");
  CHECK(world.alice.engine().chats().get(Peer::kAccount, chat)->name == "Robert");
  CHECK_FALSE(answer<void>(
      [&](auto done) { contacts.rename(Peer::kAccount, kSelf, "x", std::move(done)); }));
  CHECK(contacts.get(Peer::kAccount, ContactId(1234)).error().message ==
        "contact Contact#1234 not found");
}

TEST_CASE("of two contacts with one address the one that was verified first stays the answer") {
  World world;
  world.join(world.bob, world.alice);
  Contacts& contacts = world.alice.engine().contacts();
  const auto found = [&] { return *contacts.lookup_by_addr(Peer::kAccount, "bob@bob.test"); };
  const auto bob = found();
  REQUIRE(bob);

  // Somebody else who calls itself by the same address joins too, and appears later.
  Peer other(world.network, world.clock, "bob");
  other.move_to("http://other.test");
  other.restart();
  world.bob.restart();  // the network led to the other one meanwhile
  world.join(other, world.alice);
  REQUIRE(contacts.ids(Peer::kAccount, false, std::nullopt)->size() == 2);
  CHECK(found() == bob);
  other.send(other.chat_with_peer(), "it is me, Bob");
  REQUIRE(world.until([&] { return world.alice.has_text("it is me, Bob"); }));
  CHECK(found() == bob);
  world.alice.restart();
  CHECK(*world.alice.engine().contacts().lookup_by_addr(Peer::kAccount, "bob@bob.test") == bob);
}

TEST_CASE("a blocked contact's chat is hidden and reports nothing until it is unblocked") {
  World world;
  const ChatId alices = world.join(world.alice, world.bob);
  const ChatId bobs = world.bob.chat_with_peer();
  const ContactId alice = *world.bob.engine().chats().get(Peer::kAccount, bobs)->dm_contact;
  REQUIRE(block(world.bob, alice, true));
  const auto blocked = world.bob.engine().contacts().blocked(Peer::kAccount);
  REQUIRE(blocked);
  REQUIRE(blocked->size() == 1);
  CHECK(blocked->front().id == alice);
  CHECK(world.bob.engine().contacts().ids(Peer::kAccount, false, std::nullopt)->empty());
  CHECK(*world.bob.engine().chats().find_by_contact(Peer::kAccount, alice) == std::nullopt);
  const auto refused = answer<MsgId>([&](auto done) {
    MessageDraft draft;
    draft.text = "x";
    world.bob.engine().messages().send(Peer::kAccount, bobs, draft, std::move(done));
  });
  CHECK(refused.error().code == base::Errc::forbidden);
  world.bob.forget_events();
  const std::size_t before = world.network.deposits();
  const MsgId sent = world.alice.send(alices, "anybody there?");
  // Its token admits nothing: the message stays with its sender.
  REQUIRE(world.until([&] { return world.network.deposits() > before + 3; }));
  CHECK(world.alice.state(sent) == MsgState::out_pending);
  CHECK(world.bob.events_of<IncomingMsg>().empty());
  REQUIRE(block(world.bob, alice, false));
  CHECK(world.bob.chat_with_peer() == bobs);
  CHECK(world.until([&] { return world.bob.has_text("anybody there?"); }));
  CHECK(world.until([&] { return world.alice.state(sent) == MsgState::out_delivered; }));
}

TEST_CASE("the chat list is in order: pinned first, then by last message; archived apart") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  Chats& chats = world.alice.engine().chats();
  const auto show = [&](ChatId id, Visibility visibility) {
    REQUIRE(answer<void>(
        [&](auto done) { chats.set_visibility(Peer::kAccount, id, visibility, std::move(done)); }));
  };
  const ChatId saved = world.alice.saved_messages();
  world.clock.advance(1000);
  world.alice.send(saved, "newest");
  CHECK(chats.list(Peer::kAccount, {})->front() == saved);
  show(chat, Visibility::pinned);
  CHECK(chats.list(Peer::kAccount, {})->front() == chat);
  show(chat, Visibility::archived);
  CHECK(chats.list(Peer::kAccount, {})->front() == kArchiveLink);
  CHECK(*chats.list(Peer::kAccount, {.archived_only = true}) == std::vector<ChatId>{chat});
  const auto plain = chats.list(Peer::kAccount, {.no_specials = true});
  CHECK(std::find(plain->begin(), plain->end(), chat) == plain->end());
  CHECK(*chats.list(Peer::kAccount, {.text = "BO"}) == std::vector<ChatId>{chat});

  // Something new brings an archived chat back.
  REQUIRE(world.bob.send(world.bob.chat_with_peer(), "hello?").valid());
  REQUIRE(world.until([&] { return world.alice.has_text("hello?"); }));
  CHECK(chats.get(Peer::kAccount, chat)->visibility == Visibility::normal);
}

TEST_CASE("a muted chat does not count as fresh and stays archived") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  Chats& chats = world.alice.engine().chats();
  REQUIRE(answer<void>([&](auto done) {
    chats.set_mute(Peer::kAccount, chat, {.muted = true, .until = 0}, std::move(done));
  }));
  REQUIRE(answer<void>([&](auto done) {
    chats.set_visibility(Peer::kAccount, chat, Visibility::archived, std::move(done));
  }));
  CHECK(chats.get(Peer::kAccount, chat)->mute.muted);
  const std::size_t fresh = world.alice.engine().messages().fresh(Peer::kAccount)->size();
  world.bob.send(world.bob.chat_with_peer(), "psst");
  REQUIRE(world.until([&] { return !world.alice.events_of<IncomingMsg>().empty(); }));
  CHECK(world.alice.engine().messages().fresh(Peer::kAccount)->size() == fresh);
  CHECK(chats.get(Peer::kAccount, chat)->visibility == Visibility::archived);
  const auto archived_with_fresh = [&] {
    const auto entries = chats.entries(Peer::kAccount, {kArchiveLink});
    REQUIRE(entries);
    REQUIRE(entries->front());
    return std::get<ArchivedChats>(*entries->front()).with_fresh;
  };
  CHECK(archived_with_fresh() == 1);
  REQUIRE(answer<void>(
      [&](auto done) { chats.mark_noticed(Peer::kAccount, kArchiveLink, std::move(done)); }));
  CHECK(archived_with_fresh() == 0);
}

TEST_CASE("a removed chat is gone with its messages and comes back with the next one") {
  World world;
  const ChatId alices = world.join(world.alice, world.bob);
  world.alice.send(alices, "before");
  REQUIRE(world.until([&] { return world.bob.has_text("before"); }));
  const ChatId bobs = world.bob.chat_with_peer();
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().chats().remove(Peer::kAccount, bobs, std::move(done));
  }));
  CHECK(world.bob.events_of<ChatDeleted>() == std::vector<ChatDeleted>{ChatDeleted{bobs}});
  CHECK_FALSE(world.bob.engine().chats().get(Peer::kAccount, bobs));
  world.alice.send(alices, "after");
  REQUIRE(world.until([&] { return world.bob.has_text("after"); }));
  CHECK(world.bob.texts(world.bob.chat_with_peer()) == std::vector<std::string>{"after"});
}

TEST_CASE("a file travels sealed and arrives whole") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  TempDir outside;
  std::string content;
  for (int i = 0; content.size() < 1'500'000; ++i) content += "line " + std::to_string(i) + "\n";
  world.network.capture();
  MessageDraft draft;
  draft.text = "the report";
  draft.file = outside.file("report.txt", content);
  const MsgId sent = world.alice.send(chat, draft);
  REQUIRE(world.until([&] { return world.bob.has_text("the report"); }));
  const MsgId got = *world.bob.find_text("the report");
  REQUIRE(world.until([&] { return world.bob.message(got).download == DownloadState::done; }));
  const Message received = world.bob.message(got);
  REQUIRE(received.file);
  CHECK(received.file->name == "report.txt");
  CHECK(received.file->size == content.size());
  const std::string copy = outside.path() + "/copy.txt";
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().messages().save_file(Peer::kAccount, got, copy, std::move(done));
  }));
  CHECK(read_file(copy) == content);
  CHECK(base::as_text(world.network.captured()).find("line 77") == std::string_view::npos);
  CHECK(world.until([&] { return world.alice.state(sent) == MsgState::out_delivered; }));
}

TEST_CASE("a quote of the peer's message points at our copy of it") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  world.alice.send(chat, "which valve?");
  REQUIRE(world.until([&] { return world.bob.has_text("which valve?"); }));
  const MsgId question = *world.bob.find_text("which valve?");
  MessageDraft reply;
  reply.text = "the red one";
  reply.quoted = question;
  world.bob.send(world.bob.chat_with_peer(), reply);
  REQUIRE(world.until([&] { return world.alice.has_text("the red one"); }));
  const Message got = world.alice.message(*world.alice.find_text("the red one"));
  REQUIRE(got.quote);
  CHECK(got.quote->text == "which valve?");
  REQUIRE(got.quote->message);
  CHECK(world.alice.message(*got.quote->message).text == "which valve?");
}

TEST_CASE("over a bad network everything arrives once and in order") {
  World world(7);
  const ChatId chat = world.join(world.alice, world.bob);
  const ChatId back = world.bob.chat_with_peer();
  world.network.set({.lose_request = 0.2, .lose_reply = 0.2, .duplicate = 0.3, .reorder = true});
  std::vector<std::string> there;
  std::vector<std::string> here;
  for (int i = 0; i < 30; ++i) {
    there.push_back("a" + std::to_string(i));
    world.alice.send(chat, there.back());
    here.push_back("b" + std::to_string(i));
    world.bob.send(back, here.back());
    if (i == 10) world.bob.restart();
    if (i == 20) world.alice.restart();
  }
  const auto from = [](Peer& peer, ChatId in, char who) {
    std::vector<std::string> found;
    for (const std::string& text : peer.texts(in)) {
      if (text.front() == who) found.push_back(text);
    }
    return found;
  };
  CHECK(world.until([&] {
    return from(world.bob, back, 'a').size() >= there.size() &&
           from(world.alice, chat, 'b').size() >= here.size();
  }));
  CHECK(from(world.bob, back, 'a') == there);
  CHECK(from(world.alice, chat, 'b') == here);
  CHECK(from(world.alice, chat, 'a') == there);
}
