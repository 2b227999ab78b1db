// SecureJoin by mail between two of our gateways, and what is said afterwards.
#include "tests/messaging/mail_world.h"

using namespace test;

TEST_CASE("two mail accounts join by a link, and both are verified") {
  MailWorld world;
  const std::string link = world.alice.invite();
  CHECK(link.starts_with("https://i.delta.chat/#"));
  CHECK(link.find("&v=3&") != std::string::npos);
  const ChatId chat = world.join(world.bob, world.alice);
  const auto alice_at_bob = world.bob.engine().chats().get(Peer::kAccount, chat);
  REQUIRE(alice_at_bob);
  CHECK(alice_at_bob->is_encrypted);
  CHECK(alice_at_bob->can_send);
  CHECK_FALSE(alice_at_bob->is_contact_request);
  CHECK(alice_at_bob->name == "alice");
  const auto alice = world.bob.engine().contacts().get(Peer::kAccount, *alice_at_bob->dm_contact);
  REQUIRE(alice);
  CHECK(alice->is_verified);
  CHECK(alice->fingerprint.size() == 40);
  CHECK(alice->addr == "alice@mail.test");
  const auto bob = world.alice.engine().contacts().lookup_by_addr(Peer::kAccount, "bob@mail.test");
  REQUIRE(bob);
  REQUIRE(*bob);
  CHECK(world.alice.engine().contacts().get(Peer::kAccount, **bob)->is_verified);
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("texts, receipts and a quote go both ways by mail") {
  MailWorld world;
  const ChatId bobs = world.join(world.bob, world.alice);
  const MsgId hello = world.bob.send(bobs, "hello alice");
  REQUIRE(world.until([&] { return world.alice.has_text("hello alice"); }));
  REQUIRE(world.until([&] { return world.bob.state(hello) == MsgState::out_delivered; }));
  const MsgId got = *world.alice.find_text("hello alice");
  const Message at_alice = world.alice.message(got);
  CHECK(at_alice.encrypted);
  CHECK(at_alice.state == MsgState::in_fresh);
  world.alice.mark_seen({got});
  REQUIRE(world.until([&] { return world.bob.state(hello) == MsgState::out_read; }));
  MessageDraft draft;
  draft.text = "hello bob";
  draft.quoted = got;
  world.alice.send(at_alice.chat, draft);
  REQUIRE(world.until([&] { return world.bob.has_text("hello bob"); }));
  const Message answer = world.bob.message(*world.bob.find_text("hello bob"));
  REQUIRE(answer.quote);
  CHECK(answer.quote->text == "hello alice");
  CHECK(answer.quote->message == hello);
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("a link older than seven days joins and verifies nobody, as core's; a new one is given") {
  MailWorld world;
  const std::string old = world.alice.invite();
  world.clock.advance(2 * 24 * 3600 * base::Millis{1000});
  CHECK(world.alice.invite() == old);
  world.clock.advance(6 * 24 * 3600 * base::Millis{1000});
  const std::string fresh = world.alice.invite();
  CHECK(fresh != old);
  const bool by_old = GENERATE(true, false);
  const auto chat = answer<ChatId>([&](auto done) {
    world.bob.engine().securejoin().join(Peer::kAccount, by_old ? old : fresh, std::move(done));
  });
  REQUIRE(chat);
  REQUIRE(world.until([&] {
    return !world.alice.events_of<SecurejoinInviterProgress>().empty() &&
           world.alice.events_of<SecurejoinInviterProgress>().back().progress == 1000;
  }));
  const auto bob = world.alice.engine().contacts().lookup_by_addr(Peer::kAccount, "bob@mail.test");
  REQUIRE(bob);
  REQUIRE(*bob);
  CHECK(world.alice.engine().contacts().get(Peer::kAccount, **bob)->is_verified == !by_old);
  world.bob.send(*chat, "hello");
  REQUIRE(world.until([&] { return world.alice.has_text("hello"); }));
  // Withdrawing the link withdraws the ones before it.
  const auto withdraw = [&](const std::string& link) {
    return answer<void>([&](auto done) {
      world.alice.engine().securejoin().toggle_own(Peer::kAccount, link, std::move(done));
    });
  };
  REQUIRE(withdraw(fresh));
  const std::string next = world.alice.invite();
  CHECK(next != old);
  CHECK(next != fresh);
}
