// Channels by mail among gateways of ours: alice's channel, which bob and carol read, and what a
// reader who means ill, or a stranger, can do with its secret.
#include "messaging/groups/group_rules.h"
#include "messaging/mail/channel_mails.h"
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/mail_group.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/outer_mail.h"
#include "messaging/mail/group_mails.h"
#include "messaging/mail/mail_protocol.h"
#include "messaging/model/mail_invite.h"
#include "tests/messaging/mail_world.h"
#include "tests/messaging/three.h"

using namespace test;
using namespace messaging::mail;
using crypto::openpgp::Certificate;

namespace {

struct MailChannel : MailWorld {
  MailChannel() : carols_mails(servers), carol(network, clock, "carol") {
    make_mail(carol, carols_mails);
    const auto made = answer<ChatId>([&](auto done) {
      alice.engine().groups().create_channel(kAccount, "Plant news", std::move(done));
    });
    REQUIRE(made);
    channel = *made;
    link = link_of(channel);
  }
  ~MailChannel() { stop(carol, carols_mails); }

  std::string link_of(ChatId chat) {
    const auto made = answer<std::string>(
        [&](auto done) { alice.engine().securejoin().invite(kAccount, chat, std::move(done)); });
    REQUIRE(made);
    return *made;
  }
  base::Result<ChatId> ask(Peer& reader) {
    return answer<ChatId>(
        [&](auto done) { reader.engine().securejoin().join(kAccount, link, std::move(done)); });
  }
  ChatId join_channel(Peer& reader) {
    const auto chat = ask(reader);
    if (!chat) FAIL(chat.error().message);
    REQUIRE(until([&] { return Three::chat(reader, *chat).self_in_group; }));
    return *chat;
  }
  std::size_t readers() { return Three::members(alice, channel).size(); }
  void post(const std::string& text) { alice.send(channel, text); }

  FakeMails carols_mails;
  Peer carol;
  ChatId channel;
  std::string link;
};

// What somebody needs to write mails with a channel's secret.
struct Hand {
  OwnKeyPtr own;
  std::string id;
  crypto::WipingBytes secret;
};

// The key of a gateway, which is stopped for it.
OwnKeyPtr key_of(MailChannel& world, Peer& peer, FakeMails& mails) {
  OwnKeyPtr own;
  world.stop(peer, mails);
  {
    BareGateway bare(world, peer);
    bare.write([&](const kernel::WriteContext& write) -> base::Result<> {
      EDGE_TRY(own, mail_protocol(write.core).keys().get(write.scope));
      return {};
    });
  }
  world.start(peer, mails);
  return own;
}

// The keys and secrets of a gateway, which is stopped for it.
Hand hand_of(MailChannel& world, Peer& peer, FakeMails& mails, ChatId chat) {
  Hand hand;
  world.stop(peer, mails);
  {
    BareGateway bare(world, peer);
    bare.write([&](const kernel::WriteContext& write) -> base::Result<> {
      EDGE_TRY(hand.own, mail_protocol(write.core).keys().get(write.scope));
      EDGE_TRY(const auto group, store::find_group(write.scope, chat));
      hand.id = stored_group_text(write.scope, group->uuid);
      hand.secret = group->secret;
      return {};
    });
  }
  world.start(peer, mails);
  return hand;
}

ChatMail post_of(const Hand& owner, const std::string& text) {
  ChatMail mail;
  mail.from = {"alice@mail.test", "alice"};
  mail.message_id = message_id_of(as_v4(crypto::random_array<16>()));
  mail.date = 1'700'000'000;
  mail.group.emplace().id = owner.id;
  mail.group->channel = true;
  mail.group->name = "Plant news";
  mail.body = MailText{text};
  return mail;
}

base::Bytes by_secret(const ChatMail& mail, base::ByteView secret,
                      const crypto::openpgp::SecretKey* signer) {
  const OuterMail outer = outer_of(mail, 0);
  const crypto::WipingBytes inner = write_inner(mail, outer);
  const auto armored = crypto::openpgp::seal_symmetric({inner, secret, signer, mail.date});
  REQUIRE(armored);
  const std::string text = write_outer(outer, *armored);
  return {text.begin(), text.end()};
}

base::Bytes by_key(const ChatMail& mail, const std::vector<const Certificate*>& to,
                   const crypto::openpgp::SecretKey& signer) {
  const OuterMail outer = outer_of(mail, 0);
  const crypto::WipingBytes inner = write_inner(mail, outer);
  crypto::openpgp::Sealing sealing;
  sealing.plaintext = inner;
  sealing.recipients = to;
  sealing.signer = &signer;
  sealing.now = mail.date;
  const auto armored = crypto::openpgp::seal(sealing);
  REQUIRE(armored);
  const std::string text = write_outer(outer, *armored);
  return {text.begin(), text.end()};
}

}  // namespace

TEST_CASE("a channel by mail is joined, read, left and joined again") {
  MailChannel world;
  for (int i = 0; i < 12; ++i) world.post("old " + std::to_string(i));
  const ChatId bobs = world.join_channel(world.bob);
  const ChatId carols = world.join_channel(world.carol);
  const Chat at_bob = Three::chat(world.bob, bobs);
  CHECK(at_bob.type == ChatType::in_broadcast);
  CHECK(at_bob.name == "Plant news");
  CHECK_FALSE(at_bob.can_send);
  CHECK(Three::members(world.bob, bobs) == Names{"Me", "alice"});
  CHECK(Three::members(world.alice, world.channel) == Names{"bob", "carol"});
  // The last ten come as they were.
  REQUIRE(world.until([&] { return world.bob.texts(bobs).size() == 10; }));
  CHECK(world.bob.texts(bobs).front() == "old 2");
  REQUIRE(world.until([&] { return world.carol.texts(carols).size() == 10; }));

  const std::size_t before = world.servers.sent().size();
  world.post("news");
  REQUIRE(world.until([&] { return world.bob.has_text("news") && world.carol.has_text("news"); }));
  REQUIRE(world.servers.sent().size() == before + 1);
  CHECK(world.servers.sent().back().recipients.size() == 2);
  REQUIRE(Three::rename(world.alice, world.channel, "Office news"));
  REQUIRE(world.until([&] { return Three::chat(world.bob, bobs).name == "Office news"; }));

  REQUIRE(Three::leave(world.bob, bobs));
  REQUIRE(world.until([&] { return world.readers() == 1; }));
  CHECK_FALSE(Three::chat(world.bob, bobs).self_in_group);
  world.post("without bob");
  REQUIRE(world.until([&] { return world.carol.has_text("without bob"); }));
  CHECK_FALSE(world.bob.has_text("without bob"));
  CHECK(hand_of(world, world.bob, world.bobs_mails(), bobs).secret.empty());
  CHECK(world.join_channel(world.bob) == bobs);
  REQUIRE(world.until([&] { return world.bob.has_text("without bob"); }));
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("a reader whom the owner removes gets no more posts, and nobody else learns of it") {
  MailChannel world;
  const ChatId bobs = world.join_channel(world.bob);
  const ChatId carols = world.join_channel(world.carol);
  const std::size_t before = world.servers.sent().size();
  REQUIRE(Three::remove(world.alice, world.channel, Three::contact(world.alice, "bob")));
  REQUIRE(world.until([&] { return !Three::chat(world.bob, bobs).self_in_group; }));
  REQUIRE(world.servers.sent().size() == before + 1);
  CHECK(world.servers.sent().back().recipients == std::vector<std::string>{"bob@mail.test"});
  const auto lines = Three::lines(world.bob, bobs, SystemMessage::member_removed);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text == "Member Me removed by alice.");
  world.post("to carol");
  REQUIRE(world.until([&] { return world.carol.has_text("to carol"); }));
  CHECK_FALSE(world.bob.has_text("to carol"));
  CHECK(Three::lines(world.carol, carols, SystemMessage::member_removed).empty());
  const auto added = answer<void>([&](auto done) {
    world.alice.engine().groups().add(kAccount, world.channel, Three::contact(world.alice, "bob"),
                                      std::move(done));
  });
  REQUIRE_FALSE(added);
  CHECK(added.error().message.find("invite link") != std::string::npos);
}

TEST_CASE("a link of a channel that is read already asks for nothing") {
  MailChannel world;
  const ChatId bobs = world.join_channel(world.bob);
  const std::size_t before = world.servers.sent().size();
  CHECK(world.join_channel(world.bob) == bobs);
  world.post("still here");
  REQUIRE(world.until([&] { return world.bob.has_text("still here"); }));
  CHECK(world.servers.sent().size() == before + 1);
}

TEST_CASE("with a channel's secret alone nobody posts, and with its owner's key only there") {
  MailChannel world;
  const ChatId bobs = world.join_channel(world.bob);
  const ChatId carols = world.join_channel(world.carol);
  const Hand alice = hand_of(world, world.alice, world.alices_mails(), world.channel);
  const Hand carol = hand_of(world, world.carol, world.carols_mails, carols);
  REQUIRE_FALSE(carol.secret.empty());
  CHECK(carol.secret == alice.secret);
  const std::string box = MailWorld::addr(world.bob);

  // Unsigned, and signed by a reader, who says that its key is alice's.
  world.servers.put(box, by_secret(post_of(alice, "unsigned"), carol.secret, nullptr));
  ChatMail mail = post_of(alice, "signed by a reader");
  mail.key = KeyNotice{"alice@mail.test", carol.own->certificate.bytes(), true};
  world.servers.put(box, by_secret(mail, carol.secret, &carol.own->secret));
  // By the owner, for a chat between two, for another channel, and for a group.
  mail = post_of(alice, "for a chat");
  mail.group.reset();
  world.servers.put(box, by_secret(mail, alice.secret, &alice.own->secret));
  mail = post_of(alice, "for another channel");
  mail.group->id = "AAAAAAAAAAAAAAAAAAAAAA";
  world.servers.put(box, by_secret(mail, alice.secret, &alice.own->secret));
  mail = post_of(alice, "for a group");
  mail.group->channel = false;
  world.servers.put(box, by_secret(mail, alice.secret, &alice.own->secret));
  // A reader says to another one that it is out, by the secret and to its key.
  const Hand bob = hand_of(world, world.bob, world.bobs_mails(), bobs);
  mail = post_of(alice, "");
  mail.group->change = MemberRemoved{"bob@mail.test", bob.own->certificate.fingerprint()};
  world.servers.put(box, by_secret(mail, carol.secret, &carol.own->secret));
  world.servers.put(box, by_key(mail, {&bob.own->certificate}, carol.own->secret));
  // The owner's word about one reader is for its key.
  world.servers.put(box, by_secret(mail, alice.secret, &alice.own->secret));
  // A secret that can be guessed.
  mail.group->change = MemberAdded{"bob@mail.test", bob.own->certificate.fingerprint()};
  mail.group->secret.assign(5, 'g');
  world.servers.put(box, by_key(mail, {&bob.own->certificate}, alice.own->secret));
  // carol says that bob leaves.
  mail = post_of(alice, "");
  mail.from = {"carol@mail.test", "carol"};
  mail.group->change = MemberRemoved{"bob@mail.test", bob.own->certificate.fingerprint()};
  world.servers.put(MailWorld::addr(world.alice),
                    by_key(mail, {&alice.own->certificate}, carol.own->secret));

  // What is genuine is taken, last.
  world.servers.put(box, by_secret(post_of(alice, "genuine"), alice.secret, &alice.own->secret));
  REQUIRE(world.until([&] { return world.bob.has_text("genuine"); }));
  CHECK(world.bob.texts(bobs) == std::vector<std::string>{"genuine"});
  CHECK(Three::chat(world.bob, bobs).self_in_group);
  world.post("by alice herself");
  REQUIRE(world.until([&] { return world.bob.has_text("by alice herself"); }));
  CHECK(world.readers() == 2);
  for (const std::string text : {"unsigned", "signed by a reader", "for a chat", "for a group"}) {
    CHECK_FALSE(world.bob.has_text(text));
  }
}

TEST_CASE("nobody is put into a channel that it did not ask for, or left") {
  MailChannel world;
  const ChatId bobs = world.join_channel(world.bob);
  const Hand alice = hand_of(world, world.alice, world.alices_mails(), world.channel);
  const Hand bob = hand_of(world, world.bob, world.bobs_mails(), bobs);
  REQUIRE(Three::leave(world.bob, bobs));
  REQUIRE(world.until([&] { return world.readers() == 0; }));
  const std::string box = MailWorld::addr(world.bob);
  ChatMail mail = post_of(alice, "");
  mail.group->change = MemberAdded{"bob@mail.test", bob.own->certificate.fingerprint()};
  mail.group->secret.assign(43, 'a');
  world.servers.put(box, by_key(mail, {&bob.own->certificate}, alice.own->secret));
  mail = post_of(alice, "");
  mail.group->id = "AAAAAAAAAAAAAAAAAAAAAA";
  mail.group->change = MemberAdded{"bob@mail.test", bob.own->certificate.fingerprint()};
  mail.group->secret.assign(43, 'a');
  world.servers.put(box, by_key(mail, {&bob.own->certificate}, alice.own->secret));
  REQUIRE(world.until([&] { return world.servers.count(box) == 0; }));
  CHECK_FALSE(Three::chat(world.bob, bobs).self_in_group);
  CHECK(Three::groups_at(world.bob) == std::vector<ChatId>{bobs});
}

TEST_CASE("a channel that another device of ours joins is here as well") {
  MailChannel world;
  world.bob.set_config("bcc_self", "1");
  const Hand alice = hand_of(world, world.alice, world.alices_mails(), world.channel);
  const OwnKeyPtr bob = key_of(world, world.bob, world.bobs_mails());
  const auto invite = messaging::parse_mail_invite(world.link);
  REQUIRE(invite);
  const std::string addr = MailWorld::addr(world.bob);
  const std::string owner = MailWorld::addr(world.alice);
  const std::string named = GENERATE(true, false) ? alice.id : std::string();  // core names none
  // What the other device asks of alice comes to both.
  const auto ask = [&] {
    ChatMail mail = post_of(alice, "Secure-Join");
    mail.from = {addr, "bob"};
    mail.group.reset();
    mail.to.push_back({MailAddress{owner}});
    mail.key = KeyNotice{addr, bob->certificate.bytes(), true};
    mail.join = MailJoin{.step = "vg-request-with-auth",
                         .auth = invite->secret,
                         .fingerprint = bob->certificate.fingerprint(),
                         .group = named};
    mail.gossip.push_back({owner, alice.own->certificate.bytes(), false});
    const auto text = by_key(mail, {&bob->certificate, &alice.own->certificate}, bob->secret);
    world.servers.put(addr, text);
    world.servers.put(owner, text);
  };
  world.post("before");
  ask();
  REQUIRE(world.until([&] { return Three::groups_at(world.bob).size() == 1; }));
  const ChatId bobs = Three::groups_at(world.bob).front();
  const auto reads = [&] { return Three::chat(world.bob, bobs).self_in_group; };
  REQUIRE(world.until(reads));
  CHECK(Three::chat(world.bob, bobs).name == "Plant news");
  CHECK(Three::chat(world.bob, bobs).type == ChatType::in_broadcast);
  REQUIRE(world.until([&] { return world.bob.has_text("before"); }));
  world.post("after");
  REQUIRE(world.until([&] { return world.bob.has_text("after"); }));
  CHECK(world.bob.texts(bobs) == std::vector<std::string>{"before", "after"});

  // It asked for one channel: its owner puts us into no other.
  ChatMail other = post_of(alice, "");
  other.group->id = "AAAAAAAAAAAAAAAAAAAAAA";
  other.group->change = MemberAdded{addr, bob->certificate.fingerprint()};
  other.group->secret.assign(43, 'a');
  world.servers.put(addr, by_key(other, {&bob->certificate}, alice.own->secret));
  world.post("behind it");
  REQUIRE(world.until([&] { return world.bob.has_text("behind it"); }));
  CHECK(Three::groups_at(world.bob) == std::vector<ChatId>{bobs});

  REQUIRE(Three::leave(world.bob, bobs));
  REQUIRE(world.until([&] { return world.readers() == 0; }));
  CHECK_FALSE(reads());
  world.clock.advance(2000);
  ask();
  REQUIRE(world.until(reads));
  CHECK(Three::groups_at(world.bob) == std::vector<ChatId>{bobs});
}

TEST_CASE("what another device of the owner posts and changes is here as well") {
  MailChannel world;
  const ChatId bobs = world.join_channel(world.bob);
  world.alice.set_config("bcc_self", "1");
  const Hand alice = hand_of(world, world.alice, world.alices_mails(), world.channel);
  const Hand bob = hand_of(world, world.bob, world.bobs_mails(), bobs);
  const auto to_alice = [&](base::Bytes text) {
    world.servers.put(MailWorld::addr(world.alice), std::move(text));
  };
  // Nobody but the owner's key speaks for it, whoever has the secret.
  ChatMail forged = post_of(alice, "not hers");
  to_alice(by_secret(forged, alice.secret, &bob.own->secret));
  to_alice(by_secret(post_of(alice, "from the phone"), alice.secret, &alice.own->secret));
  REQUIRE(world.until([&] { return world.alice.has_text("from the phone"); }));
  CHECK_FALSE(world.alice.has_text("not hers"));
  const Message post = world.alice.message(*world.alice.find_text("from the phone"));
  CHECK(post.from == kSelf);
  CHECK(post.chat == world.channel);
  ChatMail renamed = post_of(alice, "renamed");
  renamed.group->name = "Shift news";
  renamed.group->name_changed = world.clock.now() / 1000 + 1;
  renamed.group->change = GroupRenamed{"Plant news"};
  to_alice(by_secret(renamed, alice.secret, &alice.own->secret));
  REQUIRE(
      world.until([&] { return Three::chat(world.alice, world.channel).name == "Shift news"; }));

  // Whom the other device removed, and whom it added.
  const std::vector<const Certificate*> both{&alice.own->certificate, &bob.own->certificate};
  const std::string bobs_addr = MailWorld::addr(world.bob);
  world.clock.advance(2000);
  ChatMail removal = post_of(alice, "");
  removal.to.push_back({MailAddress{bobs_addr}});
  removal.group->change = MemberRemoved{bobs_addr, bob.own->certificate.fingerprint()};
  to_alice(by_key(removal, both, alice.own->secret));
  REQUIRE(world.until([&] { return world.readers() == 0; }));
  world.clock.advance(2000);
  ChatMail adding = post_of(alice, "");
  adding.to.push_back({MailAddress{bobs_addr}});
  adding.join = MailJoin{"vg-member-added"};
  adding.group->secret = alice.secret;
  adding.group->change = MemberAdded{bobs_addr, bob.own->certificate.fingerprint()};
  adding.gossip.push_back({bobs_addr, bob.own->certificate.bytes(), false});
  to_alice(by_key(adding, both, alice.own->secret));
  REQUIRE(world.until([&] { return world.readers() == 1; }));
}

TEST_CASE("a channel that is older than secrets gets one, and so do its readers") {
  MailChannel world;
  const ChatId bobs = world.join_channel(world.bob);
  const ChatId carols = world.join_channel(world.carol);
  world.stop(world.alice, world.alices_mails());
  {
    BareGateway bare(world, world.alice);
    bare.write([&](const kernel::WriteContext& write) -> base::Result<> {
      EDGE_TRY(chats::Group group, chats::load_group(write.scope, world.channel));
      group.row.secret.clear();
      return groups::save_group(write, group);
    });
  }
  world.start(world.alice, world.alices_mails());
  SECTION("with the next post") {}
  SECTION("with the next link") { world.link_of(world.channel); }
  world.post("with a secret");
  REQUIRE(world.until([&] {
    return world.bob.has_text("with a secret") && world.carol.has_text("with a secret");
  }));
  CHECK(world.bob.texts(bobs).size() == 1);
  CHECK(world.carol.texts(carols).size() == 1);
  CHECK(Three::lines(world.bob, bobs, SystemMessage::member_added).size() <= 1);
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("an account reads so many channels by mail, and each mail is tried with their secrets") {
  MailChannel world;
  world.stop(world.bob, world.bobs_mails());
  {
    BareGateway bare(world, world.bob);
    bare.write([&](const kernel::WriteContext& write) -> base::Result<> {
      const MemberKey self = chats::key_of(write.account);
      for (std::size_t i = 0; i < kMaxReadChannels; ++i) {
        GroupState state;
        state.channel = true;
        state.owner = {1, 2, 3};
        state.members[self] = {1, true, state.owner, {}};
        EDGE_TRY(chats::Group group,
                 groups::make_group(write, store::random_uuid(), state, store::ChatBlocked::no));
        group.row.secret.assign(43, static_cast<std::uint8_t>('a' + i % 26));
        EDGE_CHECK(groups::save_group(write, group));
      }
      EDGE_TRY(const auto secrets, channel_secrets(write.scope));
      CHECK(secrets.size() == kMaxReadChannels);
      return {};
    });
  }
  world.start(world.bob, world.bobs_mails());
  const auto refused = world.ask(world.bob);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::Errc::exhausted);
  CHECK(refused.error().message.find("leave one") != std::string::npos);
}
