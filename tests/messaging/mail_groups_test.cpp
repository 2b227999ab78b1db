// Groups by mail among gateways of ours: alice, bob and carol, where bob and carol each joined
// alice and never each other.
#include <set>

#include "crypto/openpgp/openpgp.h"
#include "messaging/mail/form/base64.h"
#include "messaging/model/vcard.h"
#include "tests/messaging/mail_world.h"
#include "tests/messaging/three.h"

using namespace test;

namespace {

struct MailThree : MailWorld {
  MailThree() : carols_mails(servers), carol(network, clock, "carol") {
    make_mail(carol, carols_mails);
    join(bob, alice);
    join(carol, alice);
    bob_at_alice = Three::contact(alice, "bob");
    carol_at_alice = Three::contact(alice, "carol");
  }
  ~MailThree() { stop(carol, carols_mails); }

  ChatId make_group() {
    const ChatId chat = Three::create(alice, "Shift 2");
    Three::add(alice, chat, bob_at_alice);
    Three::add(alice, chat, carol_at_alice);
    alice.send(chat, "welcome");
    REQUIRE(until([&] { return bob.has_text("welcome") && carol.has_text("welcome"); }));
    bobs = Three::group_at(bob);
    carols = Three::group_at(carol);
    REQUIRE(bobs.valid());
    REQUIRE(carols.valid());
    return chat;
  }
  bool all_have(const std::string& text) {
    return until(
        [&] { return alice.has_text(text) && bob.has_text(text) && carol.has_text(text); });
  }
  std::size_t sent() const { return servers.sent().size(); }
  // By the link of alice's group; the joiner's chat.
  ChatId join_group(Peer& joiner, Peer& inviter, ChatId chat) {
    const auto link = answer<std::string>(
        [&](auto done) { inviter.engine().securejoin().invite(kAccount, chat, std::move(done)); });
    REQUIRE(link);
    const auto expected = answer<ChatId>(
        [&](auto done) { joiner.engine().securejoin().join(kAccount, *link, std::move(done)); });
    REQUIRE(expected);
    return *expected;
  }

  FakeMails carols_mails;
  Peer carol;
  ContactId bob_at_alice, carol_at_alice;
  ChatId bobs, carols;
};

// More contacts of alice's than one mail goes to, who never answer; and dave, who knows nobody.
struct Crowd : MailThree {
  static constexpr std::size_t kSilent = 60;

  Crowd() : daves_mails(servers), dave(network, clock, "dave") {
    make_mail(dave, daves_mails);
    std::vector<Vcard> cards;
    for (std::size_t i = 0; i < kSilent; ++i) {
      const std::string addr = "silent-" + std::to_string(i) + "@mail.test";
      const std::int64_t now = clock.now() / 1000;
      const auto key = crypto::openpgp::SecretKey::generate(addr, now);
      REQUIRE(key);
      const auto certificate = key->certificate(std::vector{addr}, now);
      REQUIRE(certificate);
      Vcard card;
      card.addr = addr;
      card.name = addr.substr(0, addr.find('@'));
      card.key = messaging::mail::base64_encode(certificate->bytes());
      cards.push_back(std::move(card));
      servers.add_box(addr);
    }
    const auto ids = answer<std::vector<ContactId>>([&](auto done) {
      alice.engine().contacts().import_vcard(kAccount, write_vcards(cards), std::move(done));
    });
    REQUIRE(ids);
    silent = *ids;
  }
  ~Crowd() { stop(dave, daves_mails); }

  // Mails of the sender in somebody's mailbox.
  std::size_t got(const std::string& addr, const Peer& from) const {
    const auto sent = servers.sent();
    return static_cast<std::size_t>(std::ranges::count_if(sent, [&](const auto& mail) {
      return mail.from == MailWorld::addr(from) && std::ranges::count(mail.recipients, addr) != 0;
    }));
  }

  FakeMails daves_mails;
  Peer dave;
  std::vector<ContactId> silent;
};

}  // namespace

TEST_CASE("a group by mail is known with its first message, by one mail for all") {
  MailThree world;
  const std::size_t before = world.sent();
  const ChatId chat = world.make_group();
  CHECK(world.sent() == before + 1);
  CHECK(world.servers.sent().back().recipients.size() == 2);
  for (const auto& [peer, id] : {std::pair(&world.alice, chat), std::pair(&world.bob, world.bobs),
                                 std::pair(&world.carol, world.carols)}) {
    const Chat group = Three::chat(*peer, id);
    CHECK(group.name == "Shift 2");
    CHECK(group.type == ChatType::group);
    CHECK(group.is_encrypted);
    CHECK(group.can_send);
    CHECK(Three::members(*peer, id).size() == 3);
  }
  CHECK(Three::members(world.bob, world.bobs) == Names{"Me", "alice", "carol"});
  CHECK(Three::lines(world.bob, world.bobs, SystemMessage::member_added).empty());
  // bob and carol have each other's keys from alice's mail.
  const MsgId answer = world.bob.send(world.bobs, "hello from bob");
  CHECK(world.all_have("hello from bob"));
  REQUIRE(world.until([&] { return world.bob.state(answer) == MsgState::out_delivered; }));
  const Message at_carol = world.carol.message(*world.carol.find_text("hello from bob"));
  CHECK(at_carol.chat == world.carols);
  CHECK(at_carol.encrypted);
  world.carol.mark_seen({at_carol.id});
  REQUIRE(world.until([&] { return world.bob.state(answer) == MsgState::out_read; }));
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("by mail every member may change a group, and everybody sees who did") {
  MailThree world;
  const ChatId chat = world.make_group();
  world.clock.advance(2000);
  REQUIRE(Three::rename(world.bob, world.bobs, "Night shift"));
  REQUIRE(world.until([&] {
    return Three::chat(world.alice, chat).name == "Night shift" &&
           Three::chat(world.carol, world.carols).name == "Night shift";
  }));
  const auto renamed = Three::lines(world.carol, world.carols, SystemMessage::group_name);
  REQUIRE(renamed.size() == 1);
  CHECK(renamed[0].text == "Group name changed from \"Shift 2\" to \"Night shift\" by bob.");
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().groups().describe(kAccount, chat, "22:00\nto 6:00", std::move(done));
  }));
  REQUIRE(world.until(
      [&] { return Three::chat(world.bob, world.bobs).description == "22:00\nto 6:00"; }));

  world.clock.advance(2000);
  REQUIRE(Three::remove(world.alice, chat, world.carol_at_alice));
  REQUIRE(world.until([&] { return !Three::chat(world.carol, world.carols).self_in_group; }));
  REQUIRE(world.until([&] {
    return Three::members(world.bob, world.bobs) == Names{"Me", "alice"};
  }));
  const auto removed = Three::lines(world.bob, world.bobs, SystemMessage::member_removed);
  REQUIRE(removed.size() == 1);
  CHECK(removed[0].text == "Member carol removed by alice.");
  CHECK_FALSE(Three::chat(world.carol, world.carols).can_send);
  world.alice.send(chat, "without carol");
  REQUIRE(world.until([&] { return world.bob.has_text("without carol"); }));
  CHECK_FALSE(world.carol.has_text("without carol"));

  world.clock.advance(2000);
  Three::add(world.alice, chat, world.carol_at_alice);
  REQUIRE(world.until([&] { return Three::chat(world.carol, world.carols).self_in_group; }));
  REQUIRE(world.until([&] { return Three::members(world.bob, world.bobs).size() == 3; }));

  world.clock.advance(2000);
  REQUIRE(Three::leave(world.bob, world.bobs));
  REQUIRE(world.until([&] {
    return Three::members(world.alice, chat) == Names{"Me", "carol"} &&
           Three::members(world.carol, world.carols) == Names{"Me", "alice"};
  }));
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("reactions, quotes and deletions name messages of any member by mail") {
  MailThree world;
  const ChatId chat = world.make_group();
  world.bob.send(world.bobs, "who comes?");
  REQUIRE(world.all_have("who comes?"));
  const MsgId at_carol = *world.carol.find_text("who comes?");
  REQUIRE(answer<void>([&](auto done) {
    world.carol.engine().messages().react(kAccount, at_carol, {"\U0001f44d"}, std::move(done));
  }));
  const MsgId at_alice = *world.alice.find_text("who comes?");
  REQUIRE(world.until([&] { return world.alice.message(at_alice).reactions.size() == 1; }));
  MessageDraft draft;
  draft.text = "carol does";
  draft.quoted = at_alice;
  world.alice.send(chat, draft);
  REQUIRE(world.all_have("carol does"));
  const Message quoting = world.bob.message(*world.bob.find_text("carol does"));
  REQUIRE(quoting.quote);
  CHECK(quoting.quote->message == world.bob.find_text("who comes?"));
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("files come to groups by mail, small and large") {
  MailThree world;
  TempDir folder;
  const ChatId chat = world.make_group();
  for (const std::size_t size : {std::size_t{3000}, std::size_t{200'000}}) {
    MessageDraft draft;
    draft.text = "file of " + std::to_string(size);
    draft.file = folder.file("data.bin", std::string(size, 'd'));
    world.alice.send(chat, draft);
    REQUIRE(world.until([&] {
      const auto found = world.bob.find_text(draft.text);
      return found && world.bob.message(*found).file.has_value();
    }));
    CHECK(world.bob.message(*world.bob.find_text(draft.text)).file->size == size);
    CHECK(world.bob.message(*world.bob.find_text(draft.text)).chat == world.bobs);
  }
}

TEST_CASE("a group's picture goes by mail, and is removed") {
  MailThree world;
  TempDir folder;
  const ChatId chat = world.make_group();
  world.clock.advance(2000);
  const auto set = [&](std::optional<std::string> path) {
    REQUIRE(answer<void>([&](auto done) {
      world.alice.engine().groups().set_image(kAccount, chat, std::move(path), std::move(done));
    }));
  };
  set(folder.file("crew.png", picture("crew")));
  REQUIRE(world.until([&] { return !Three::chat(world.bob, world.bobs).image.empty(); }));
  CHECK(Three::lines(world.bob, world.bobs, SystemMessage::group_image).size() == 1);
  world.clock.advance(2000);
  set(std::nullopt);
  REQUIRE(world.until([&] { return Three::chat(world.bob, world.bobs).image.empty(); }));
}

TEST_CASE("a group is joined by its link by mail, and the joiner is added for all") {
  MailThree world;
  const ChatId chat = Three::create(world.alice, "Crew");
  Three::add(world.alice, chat, world.bob_at_alice);
  world.alice.send(chat, "only two");
  REQUIRE(world.until([&] { return world.bob.has_text("only two"); }));
  const auto link = answer<std::string>([&](auto done) {
    world.alice.engine().securejoin().invite(kAccount, chat, std::move(done));
  });
  REQUIRE(link);
  CHECK(link->find("&x=") != std::string::npos);
  const auto expected = answer<ChatId>(
      [&](auto done) { world.carol.engine().securejoin().join(kAccount, *link, std::move(done)); });
  REQUIRE(expected);
  CHECK(Three::chat(world.carol, *expected).name == "Crew");
  REQUIRE(world.until([&] { return Three::members(world.carol, *expected).size() == 3; }));
  REQUIRE(world.until(
      [&] { return Three::members(world.bob, Three::group_at(world.bob)).size() == 3; }));
  world.carol.send(*expected, "thank you");
  REQUIRE(world.all_have("thank you"));
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("whom a group by mail has already is welcomed again when it joins by the link") {
  MailThree world;
  const ChatId chat = Three::create(world.alice, "Crew");
  Three::add(world.alice, chat, world.bob_at_alice);
  world.alice.send(chat, "only two");
  REQUIRE(world.until([&] { return world.bob.has_text("only two"); }));
  // The mail that added carol is gone.
  world.servers.hold(MailWorld::addr(world.carol), true);
  Three::add(world.alice, chat, world.carol_at_alice);
  REQUIRE(world.until([&] { return world.outbox(world.alice) == 0; }));
  world.servers.clear(MailWorld::addr(world.carol));
  world.servers.hold(MailWorld::addr(world.carol), false);
  const ChatId carols = world.join_group(world.carol, world.alice, chat);
  REQUIRE(world.until([&] { return Three::members(world.carol, carols).size() == 3; }));
  REQUIRE(world.until([&] {
    return times(world.carol,
                 SecurejoinJoinerProgress{Three::contact(world.carol, "alice"), 1000}) == 2;
  }));
  CHECK(Three::lines(world.alice, chat, SystemMessage::member_added).size() == 1);
  world.carol.send(carols, "thank you");
  REQUIRE(world.all_have("thank you"));  // she has bob's key
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("who joins a group of many members by mail is added for all, and all have its key") {
  Crowd world;
  const ChatId chat = Three::create(world.alice, "Crowd");
  Three::add(world.alice, chat, world.bob_at_alice);
  for (const ContactId silent : world.silent) Three::add(world.alice, chat, silent);
  world.alice.send(chat, "welcome");
  REQUIRE(world.until([&] { return world.bob.has_text("welcome"); }));
  const std::size_t all = Crowd::kSilent + 3;
  const ChatId daves = world.join_group(world.dave, world.alice, chat);
  REQUIRE(world.until([&] { return Three::members(world.dave, daves).size() == all; }));
  const auto has_joined = [&] {
    return times(world.dave, SecurejoinJoinerProgress{Three::contact(world.dave, "alice"), 1000}) ==
           1;
  };
  CHECK(world.until(has_joined));
  const ChatId bobs = Three::group_at(world.bob);
  REQUIRE(world.until([&] { return Three::members(world.bob, bobs).size() == all; }));
  CHECK(Three::lines(world.bob, bobs, SystemMessage::member_added).size() == 1);
  CHECK(world.got("silent-0@mail.test", world.alice) == 2);
  CHECK(world.got("silent-59@mail.test", world.alice) == 2);
  // Both have the keys of all, whichever of alice's mails brought them.
  struct Way {
    Peer& peer;
    ChatId id;
    Peer& other;
  };
  for (const Way& way : {Way{world.bob, bobs, world.dave}, Way{world.dave, daves, world.bob}}) {
    const MsgId sent = way.peer.send(way.id, "from " + way.peer.name());
    REQUIRE(world.until([&] { return way.other.has_text("from " + way.peer.name()); }));
    REQUIRE(world.until([&] { return way.peer.state(sent) == MsgState::out_delivered; }));
    std::set<std::string> recipients;
    for (const auto& mail : world.servers.sent()) {
      if (mail.from == MailWorld::addr(way.peer)) {
        recipients.insert(mail.recipients.begin(), mail.recipients.end());
      }
    }
    CHECK(recipients.size() == all - 1);
  }
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("a timer of a group holds for all by mail") {
  MailThree world;
  const ChatId chat = world.make_group();
  world.clock.advance(2000);
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().chats().set_timer(kAccount, chat, 3600, std::move(done));
  }));
  REQUIRE(world.until([&] { return Three::chat(world.bob, world.bobs).timer == 3600; }));
  // A message that its sender wrote before it knew does not undo it.
  world.carol.send(world.carols, "late");
  REQUIRE(world.all_have("late"));
  CHECK(Three::chat(world.bob, world.bobs).timer == 3600);
}

TEST_CASE("a member whom the server puts off is held alone, and gets everything in order later") {
  MailThree world;
  const ChatId chat = world.make_group();
  world.alices_mails().set({.deferred = {MailWorld::addr(world.carol)}});
  const MsgId first = world.alice.send(chat, "first");
  REQUIRE(world.until([&] { return world.bob.has_text("first"); }));
  const MsgId second = world.alice.send(chat, "second");
  REQUIRE(world.until([&] { return world.bob.has_text("second"); }));
  // The second mail was not tried for carol, who is held.
  REQUIRE(world.until([&] { return world.outbox(world.alice) == 2; }));
  CHECK(world.servers.sent().back().recipients ==
        std::vector<std::string>{MailWorld::addr(world.bob)});
  CHECK(world.alice.state(first) == MsgState::out_pending);
  CHECK_FALSE(world.carol.has_text("first"));
  world.alices_mails().set({});
  SECTION("once its pause is over") { world.clock.advance(130'000); }
  SECTION("after a restart") { world.restart(world.alice, world.alices_mails()); }
  REQUIRE(world.until([&] { return world.carol.has_text("second"); }));
  const auto texts = world.carol.texts(world.carols);
  CHECK(std::ranges::find(texts, "first") < std::ranges::find(texts, "second"));
  CHECK(std::ranges::count(world.bob.texts(world.bobs), "first") == 1);
  REQUIRE(world.until([&] {
    return world.alice.state(first) == MsgState::out_delivered &&
           world.alice.state(second) == MsgState::out_delivered;
  }));
  CHECK(world.outbox(world.alice) == 0);
}

TEST_CASE(
    "a member whom the server refuses fails the message with its words, and the rest get it") {
  MailThree world;
  const ChatId chat = world.make_group();
  world.alices_mails().set({.refused = {MailWorld::addr(world.carol)}});
  const MsgId sent = world.alice.send(chat, "not for carol");
  REQUIRE(world.until([&] { return world.bob.has_text("not for carol"); }));
  REQUIRE(world.until([&] { return world.alice.state(sent) == MsgState::out_failed; }));
  CHECK(world.alice.message(sent).error.find("carol: 550 5.7.1") != std::string::npos);
  CHECK(world.outbox(world.alice) == 0);
  world.alices_mails().set({});
  world.alice.send(chat, "for everybody");
  CHECK(world.all_have("for everybody"));
}

TEST_CASE("a contact whom the server puts off holds up nobody else") {
  MailThree world;
  world.alices_mails().set({.deferred = {MailWorld::addr(world.carol)}});
  const auto chat_with = [&](ContactId contact) {
    const auto chat = world.alice.engine().chats().find_by_contact(kAccount, contact);
    REQUIRE(chat);
    REQUIRE(*chat);
    return **chat;
  };
  const MsgId held = world.alice.send(chat_with(world.carol_at_alice), "to carol");
  REQUIRE(world.until([&] { return world.alices_mails().tries() >= 1; }));
  for (int i = 0; i < 40; ++i) {
    world.alice.send(chat_with(world.bob_at_alice), "to bob " + std::to_string(i));
  }
  REQUIRE(world.until([&] { return world.bob.has_text("to bob 39"); }));
  CHECK(world.alice.state(held) == MsgState::out_pending);
  world.alices_mails().set({});
  world.clock.advance(130'000);
  REQUIRE(world.until([&] { return world.carol.has_text("to carol"); }));
}
