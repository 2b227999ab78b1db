// Contact requests of who has our card, and what such strangers may cause.
#include "messaging/chats/requests.h"
#include "tests/messaging/card_world.h"

using namespace test;

namespace {

MessageDraft with_file(const std::string& text, const std::string& path) {
  MessageDraft draft;
  draft.text = text;
  draft.file = path;
  return draft;
}

base::Result<> block(Peer& peer, ChatId chat) {
  return answer<void>(
      [&](auto done) { peer.engine().chats().block(kAccount, chat, std::move(done)); });
}

}  // namespace

TEST_CASE("who has our card writes at once, and is a contact request until accepted") {
  Stranger world;
  const auto contact = world.bob.engine().contacts().get(kAccount, world.alice_at_bob);
  REQUIRE(contact);
  CHECK_FALSE(contact->is_verified);
  CHECK(contact->e2ee_available);
  CHECK(Three::chat(world.bob, world.at_bob).can_send);

  const Chat request = world.request();
  CHECK(request.is_contact_request);
  CHECK_FALSE(request.can_send);
  CHECK(request.is_encrypted);
  CHECK(listed(world.alice).empty());
  const auto refused = try_send(world.alice, world.at_alice, "who are you?");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::Errc::forbidden);
  CHECK(refused.error().message.find("accept_chat") != std::string::npos);

  REQUIRE(accept(world.alice, world.at_alice));
  CHECK_FALSE(world.request().is_contact_request);
  CHECK(world.request().can_send);
  CHECK(listed(world.alice) == std::vector{world.bob_at_alice()});
  world.alice.send(world.at_alice, "welcome");
  CHECK(world.until([&] { return world.bob.has_text("welcome"); }));
  CHECK_FALSE(world.alice.engine().contacts().get(kAccount, world.bob_at_alice())->is_verified);
}

TEST_CASE("a request that is seen sends no read receipt before it is accepted") {
  Stranger world;
  const MsgId at_bob = *world.bob.find_text("hello, it is bob");
  world.alice.mark_seen({*world.alice.find_text("hello, it is bob")});
  world.bob.send(world.at_bob, "are you there?");
  REQUIRE(world.until([&] { return world.alice.has_text("are you there?"); }));
  CHECK(world.bob.state(at_bob) != MsgState::out_read);
  REQUIRE(accept(world.alice, world.at_alice));
  world.alice.mark_seen({*world.alice.find_text("are you there?")});
  CHECK(world.until([&] {
    return world.bob.state(*world.bob.find_text("are you there?")) == MsgState::out_read;
  }));
}

TEST_CASE("a request that is blocked is over: nothing more of its sender arrives") {
  Stranger world;
  REQUIRE(block(world.alice, world.at_alice));
  const auto blocked = world.alice.engine().contacts().blocked(kAccount);
  REQUIRE(blocked);
  CHECK(blocked->size() == 1);
  world.bob.send(world.at_bob, "let me in");
  const std::size_t before = world.network.deposits();
  REQUIRE(world.until([&] { return world.network.deposits() > before; }));
  CHECK_FALSE(world.alice.has_text("let me in"));
}

TEST_CASE(
    "a group of somebody who was not accepted is a request too; of an accepted one it is not") {
  Stranger world;
  const bool accepted = GENERATE(false, true);
  if (accepted) REQUIRE(accept(world.alice, world.at_alice));
  const ChatId group = Three::create(world.bob, "Join us");
  Three::add(world.bob, group, world.alice_at_bob);
  world.bob.send(group, "news for all");
  REQUIRE(world.until([&] { return world.alice.has_text("news for all"); }));
  const Chat chat = Three::chat(world.alice, Three::group_at(world.alice));
  CHECK(chat.is_contact_request == !accepted);
  CHECK(chat.can_send == accepted);
  CHECK(try_send(world.alice, chat.id, "hi").ok() == accepted);
  CHECK(listed(world.alice).empty() == !accepted);
}

TEST_CASE("a bot has nobody to accept people: who has its card is accepted") {
  World world;
  world.alice.set_config("bot", "1");
  const auto ids = import_cards(world.bob, card_of(world.alice));
  world.bob.send(chat_with(world.bob, ids.front()), "/help");
  REQUIRE(world.until([&] { return world.alice.has_text("/help"); }));
  CHECK_FALSE(Three::chat(world.alice, world.alice.chat_with_peer()).is_contact_request);
}

TEST_CASE("a joined contact that was deleted with its chat writes again as a request") {
  World world;
  const ChatId at_bob = world.join(world.bob, world.alice);
  const ChatId at_alice = world.alice.chat_with_peer();
  const ContactId contact = Three::chat(world.alice, at_alice).contacts.front();
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().chats().remove(kAccount, at_alice, std::move(done));
  }));
  REQUIRE(remove(world.alice, contact));
  CHECK(listed(world.alice).empty());
  world.bob.send(at_bob, "remember me?");
  REQUIRE(world.until([&] { return world.alice.has_text("remember me?"); }));
  CHECK(Three::chat(world.alice, world.alice.chat_with_peer()).is_contact_request);
  CHECK(listed(world.alice).empty());
}

TEST_CASE("of a stranger so many messages are kept; the others come once it is accepted") {
  Stranger world;
  const auto most = static_cast<int>(chats::kMaxStrangersTexts);
  for (int i = 0; i < most + 20; ++i) world.bob.send(world.at_bob, "text " + std::to_string(i));
  REQUIRE(world.until(
      [&] { return static_cast<int>(world.alice.texts(world.at_alice).size()) == most; }));
  world.alice.restart();
  CHECK(static_cast<int>(world.alice.texts(world.at_alice).size()) == most);
  REQUIRE(accept(world.alice, world.at_alice));
  // What was not acknowledged goes out again after a day, of which few may pass: it expires.
  const auto came = [&] {
    return static_cast<int>(world.alice.texts(world.at_alice).size()) == most + 21;
  };
  for (int day = 0; day < 10 && !came(); ++day) {
    world.clock.advance(25 * 3600 * 1000);
    int looks = 0;
    world.until([&] { return came() || ++looks > 1000; });
  }
  CHECK(came());
}

TEST_CASE("files of strangers take so much room in all; a larger one waits at its sender") {
  Stranger world;
  TempDir files;
  const std::string small = files.file("small.bin", std::string(1024 * 1024, 's'));
  const std::string large = files.file("large.bin", std::string(chats::kMaxStrangersFiles, 'l'));
  world.bob.send(world.at_bob, with_file("small", small));
  REQUIRE(world.until([&] { return world.alice.has_text("small"); }));
  world.bob.send(world.at_bob, with_file("large", large));
  const std::size_t before = world.network.deposits();
  REQUIRE(world.until([&] { return world.network.deposits() > before + 2; }));
  CHECK_FALSE(world.alice.has_text("large"));
  REQUIRE(accept(world.alice, world.at_alice));
  CHECK(world.until([&] { return world.alice.has_text("large"); }));
}

TEST_CASE("strangers are answered as long as there is room for requests") {
  Stranger world;
  auto filled = world.alice.store().write_now<void>([](store::Tx& tx) -> base::Result<> {
    for (int i = 0; i < chats::kMaxRequests; ++i) {
      EDGE_CHECK(
          tx.db().run("INSERT INTO chat(account_id, id, type, blocked, created_at, last_at)"
                      " VALUES(1, ?1, 120, 2, 0, 0)",
                      10'000 + i));
    }
    return {};
  });
  REQUIRE(filled.ok());
  Peer carol(world.network, world.clock, "carol");
  const auto ids = import_cards(carol, card_of(world.alice));
  const std::size_t before = world.network.deposits();
  carol.send(chat_with(carol, ids.front()), "me too");
  REQUIRE(world.until([&] { return world.network.deposits() > before; }));
  CHECK_FALSE(world.alice.has_text("me too"));
  // Who was there before still is.
  world.bob.send(world.at_bob, "and me");
  CHECK(world.until([&] { return world.alice.has_text("and me"); }));
}

TEST_CASE("who joins a group of somebody whose request waits accepts the group, not the request") {
  Stranger world;
  REQUIRE(world.request().is_contact_request);
  const auto group = answer<ChatId>(
      [&](auto done) { world.bob.engine().groups().create(kAccount, "Crew", std::move(done)); });
  REQUIRE(group);
  const auto link = answer<std::string>([&](auto done) {
    world.bob.engine().securejoin().invite(kAccount, *group, std::move(done));
  });
  REQUIRE(link);
  const auto joined = answer<ChatId>(
      [&](auto done) { world.alice.engine().securejoin().join(kAccount, *link, std::move(done)); });
  REQUIRE(joined);
  const auto in_group = [&] {
    const auto chat = world.alice.engine().chats().get(kAccount, *joined);
    return chat && chat->self_in_group && chat->can_send;
  };
  REQUIRE(world.until(in_group));
  CHECK(world.request().is_contact_request);
  world.bob.send(world.at_bob, "still a request");
  REQUIRE(world.until([&] { return world.alice.has_text("still a request"); }));
  CHECK(world.request().is_contact_request);
  REQUIRE(accept(world.alice, world.at_alice));
  CHECK_FALSE(world.request().is_contact_request);
}

TEST_CASE("a stranger's profile picture is not taken before the stranger was accepted") {
  Stranger world;
  TempDir files;
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().config().set(kAccount, {{"selfavatar", files.file("me.png", "picture")}},
                                    std::move(done));
  }));
  world.bob.send(world.at_bob, "behind the picture");
  REQUIRE(world.until([&] { return world.alice.has_text("behind the picture"); }));
  CHECK(world.request().image.empty());
  REQUIRE(accept(world.alice, world.at_alice));
  world.clock.advance(25 * 3600 * 1000);  // what was not acknowledged comes again
  CHECK(world.until([&] { return !world.request().image.empty(); }));
}
