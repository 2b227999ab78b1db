// Mails that mean ill: alice and bob know each other; eve has alice's address and key, and writes
// what she likes.
#include "crypto/openpgp/openpgp.h"
#include "crypto/random.h"
#include "messaging/mail/form/inner_mail.h"
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
using crypto::openpgp::SecretKey;

namespace {

struct Hostile : MailWorld {
  Hostile() : bobs(join(bob, alice)), alices(alice.chat_with_peer()), eves(make_key()) {
    alices_key = key_of(alice, alices_mails());
  }

  // A key of eve's, who is nobody's contact.
  SecretKey make_key() const {
    auto key = SecretKey::generate("eve@mail.test", clock.now() / 1000);
    REQUIRE(key);
    return *std::move(key);
  }
  Certificate certificate(const SecretKey& key, const std::string& addr) const {
    auto made = key.certificate(std::vector{addr}, clock.now() / 1000);
    REQUIRE(made);
    return *std::move(made);
  }
  OwnKeyPtr key_of(Peer& peer, FakeMails& mails) {
    OwnKeyPtr own;
    stop(peer, mails);
    {
      BareGateway bare(*this, peer);
      bare.write([&](const kernel::WriteContext& write) -> base::Result<> {
        EDGE_TRY(own, mail_protocol(write.core).keys().get(write.scope));
        return {};
      });
    }
    start(peer, mails);
    return own;
  }
  ChatMail mail_of_eve(MailBody body) const {
    ChatMail mail;
    mail.from = {"eve@mail.test", "eve"};
    mail.to.push_back({MailAddress{addr(alice)}});
    mail.message_id = message_id_of(as_v4(crypto::random_array<16>()));
    mail.date = clock.now() / 1000;
    mail.body = std::move(body);
    return mail;
  }
  // To alice, signed by eve (unless not `is_signed`), with eve's key under the mail's From.
  void put(ChatMail mail, bool is_signed = true) {
    mail.key = KeyNotice{mail.from.addr, certificate(eves, mail.from.addr).bytes(), true};
    const OuterMail outer = outer_of(mail, 0);
    const crypto::WipingBytes inner = write_inner(mail, outer);
    put_plaintext(outer, inner, is_signed);
  }
  void put_plaintext(const OuterMail& outer, base::ByteView inner, bool is_signed = true) {
    const Certificate* const to = &alices_key->certificate;
    crypto::openpgp::Sealing sealing;
    sealing.plaintext = inner;
    sealing.recipients = std::span(&to, 1);
    if (is_signed) sealing.signer = &eves;
    sealing.now = outer.date;
    const auto armored = crypto::openpgp::seal(sealing);
    REQUIRE(armored);
    put_text(write_outer(outer, *armored));
  }
  void put_text(const std::string& text) {
    servers.put(addr(alice), base::Bytes(text.begin(), text.end()));
  }
  // Whatever came before was looked at when this is here.
  void settle(const std::string& text = "behind it all") {
    bob.send(bobs, text);
    REQUIRE(until([&] { return alice.has_text(text); }));
  }
  std::vector<std::string> of_bob() { return alice.texts(alices); }
  std::vector<ContactId> named(const std::string& name) {
    const auto found = alice.engine().contacts().ids(kAccount, false, name);
    REQUIRE(found);
    return *found;
  }

  ChatId bobs, alices;
  SecretKey eves;
  OwnKeyPtr alices_key;
};

// The Message-ID of the last mail that was sent.
std::string last_id(Hostile& world) {
  const auto bytes = world.servers.sent().back().text;
  const std::string text(bytes.begin(), bytes.end());
  const std::size_t at = text.find("Message-ID: <") + 13;
  return text.substr(at, text.find('>', at) - at);
}

}  // namespace

TEST_CASE("what nobody signed, or is in the clear, is no message, whatever its headers say") {
  Hostile world;
  world.bob.send(world.bobs, "stays");
  REQUIRE(world.until([&] { return world.alice.has_text("stays"); }));
  const std::string id = last_id(world);
  world.put(world.mail_of_eve(MailText{.text = "unsigned"}), false);
  world.put(world.mail_of_eve(MailDeletion{{id}}), false);
  ChatMail as_bob = world.mail_of_eve(MailEdit{.message_id = id, .text = "unsigned edit"});
  as_bob.from = {MailWorld::addr(world.bob), "bob"};
  world.put(as_bob, false);
  for (const std::string type : {"text/plain", "multipart/mixed", "multipart/encrypted"}) {
    world.put_text("From: <bob@mail.test>\r\nTo: <alice@mail.test>\r\nMessage-ID: <" + type +
                   ">\r\nChat-Version: 1.0\r\nChat-Delete: <" + id + ">\r\nChat-Edit: <" + id +
                   ">\r\nChat-Group-ID: AAAAAAAAAAAAAAAAAAAAAA\r\n" +
                   "Chat-Group-Name: clear\r\nSecure-Join: vc-contact-confirm\r\n" +
                   "Content-Type: " + type + "\r\n\r\nin the clear\r\n");
  }
  world.settle();
  CHECK(world.of_bob() == std::vector<std::string>{"stays", "behind it all"});
  CHECK(Three::groups_at(world.alice).empty());
  CHECK(world.named("eve").empty());
}

TEST_CASE("a stranger changes, deletes and speaks for nobody else") {
  Hostile world;
  world.bob.send(world.bobs, "stays");
  REQUIRE(world.until([&] { return world.alice.has_text("stays"); }));
  const std::string id = last_id(world);
  const ContactId bob = Three::contact(world.alice, "bob");
  world.put(world.mail_of_eve(MailDeletion{{id}}));
  world.put(world.mail_of_eve(MailEdit{.message_id = id, .text = "edited"}));
  world.put(world.mail_of_eve(MailReceipt{{id}}));
  world.put(world.mail_of_eve(MailSync{
      R"({"items":[{"timestamp":1,"data":{"Config":{"key":"Displayname","val":"Mallory"}}}]})"}));
  // As bob's address says, with her key: another contact of that address.
  ChatMail as_bob = world.mail_of_eve(MailText{.text = "I am bob"});
  as_bob.from = {MailWorld::addr(world.bob), "bob"};
  world.put(as_bob);
  // Her key as bob's.
  ChatMail gossip = world.mail_of_eve(MailText{.text = "meet bob"});
  gossip.to.push_back({MailAddress{MailWorld::addr(world.bob)}});
  gossip.gossip.push_back({MailWorld::addr(world.bob),
                           world.certificate(world.make_key(), MailWorld::addr(world.bob)).bytes(),
                           false});
  world.put(gossip);
  world.settle();
  CHECK(world.of_bob() == std::vector<std::string>{"stays", "behind it all"});
  REQUIRE(world.alice.has_text("I am bob"));
  const Message forged = world.alice.message(*world.alice.find_text("I am bob"));
  CHECK(forged.from != bob);
  CHECK(Three::chat(world.alice, forged.chat).is_contact_request);
  CHECK_FALSE(world.alice.engine().contacts().get(kAccount, forged.from)->is_verified);
  // What alice says to bob still goes to bob's key.
  world.alice.send(world.alices, "to bob alone");
  REQUIRE(world.until([&] { return world.bob.has_text("to bob alone"); }));
}

TEST_CASE("forged steps of a join verify nobody") {
  Hostile world;
  const auto link = answer<std::string>([&](auto done) {
    world.alice.engine().securejoin().invite(kAccount, std::nullopt, std::move(done));
  });
  REQUIRE(link);
  const auto invite = messaging::parse_mail_invite(*link);
  REQUIRE(invite);
  const auto fingerprint = world.eves.fingerprint();
  world.alice.forget_events();
  const auto step = [&](const std::string& name, const std::string& auth) {
    ChatMail mail = world.mail_of_eve(MailText{.text = "Secure-Join"});
    mail.join = MailJoin{.step = name, .auth = auth, .fingerprint = fingerprint};
    mail.gossip.push_back(
        {MailWorld::addr(world.alice), world.alices_key->certificate.bytes(), false});
    return mail;
  };
  world.put(step("vc-request-with-auth", "AAAAAAAAAAAAAAAAAAAAAAAA"));
  ChatMail other_key = step("vc-request-with-auth", invite->secret);
  other_key.join->fingerprint = world.make_key().fingerprint();
  world.put(other_key);
  ChatMail not_for_us = step("vc-request-with-auth", invite->secret);
  not_for_us.gossip.clear();
  world.put(not_for_us);
  world.put(step("vc-request-with-auth", invite->secret), false);
  world.put(step("vc-contact-confirm", ""));
  world.put(step("vg-member-added", ""));
  world.put(step("vc-pubkey", invite->secret));
  world.put(step("vc-auth-required", invite->secret));
  world.settle();
  for (const ContactId eve : world.named("eve")) {
    CHECK_FALSE(world.alice.engine().contacts().get(kAccount, eve)->is_verified);
  }
  CHECK(Three::groups_at(world.alice).empty());
  CHECK(world.alice.events_of<SecurejoinInviterProgress>().empty());
}

TEST_CASE("nobody speaks in a group without being its member") {
  Hostile world;
  const ChatId group = Three::create(world.alice, "Shift 2");
  Three::add(world.alice, group, Three::contact(world.alice, "bob"));
  world.alice.send(group, "welcome");
  REQUIRE(world.until([&] { return world.bob.has_text("welcome"); }));
  std::string id;
  world.stop(world.alice, world.alices_mails());
  {
    BareGateway bare(world, world.alice);
    bare.write([&](const kernel::WriteContext& write) -> base::Result<> {
      EDGE_TRY(const auto row, store::find_group(write.scope, group));
      id = stored_group_text(write.scope, row->uuid);
      return {};
    });
  }
  world.start(world.alice, world.alices_mails());
  ChatMail mail = world.mail_of_eve(MailText{.text = "me too"});
  mail.group.emplace().id = id;
  mail.group->name = "Eve's";
  mail.group->name_changed = world.clock.now() / 1000 + 100;
  world.put(mail);
  mail.message_id = message_id_of(as_v4(crypto::random_array<16>()));
  mail.group->change = MemberAdded{"eve@mail.test", world.eves.fingerprint()};
  world.put(mail);
  mail.message_id = message_id_of(as_v4(crypto::random_array<16>()));
  mail.group->change = MemberRemoved{MailWorld::addr(world.alice), {}};
  world.put(mail);
  mail.message_id = message_id_of(as_v4(crypto::random_array<16>()));
  mail.group->channel = true;
  world.put(mail);
  world.settle();
  CHECK(world.alice.texts(group) == std::vector<std::string>{"welcome"});
  const Chat chat = Three::chat(world.alice, group);
  CHECK(chat.name == "Shift 2");
  CHECK(chat.self_in_group);
  CHECK(Three::members(world.alice, group).size() == 2);
}

TEST_CASE("mails of odd bytes and of impossible sizes cost themselves alone") {
  Hostile world;
  const OuterMail outer = outer_of(world.mail_of_eve(MailText()), 0);
  const auto inside = [&](const std::string& text) {
    OuterMail one = outer;
    one.message_id = message_id_of(as_v4(crypto::random_array<16>()));
    world.put_plaintext(one, base::as_bytes(text));
  };
  const std::string head =
      "From: \"\xff\xfe\" <eve@mail.test>\r\nMessage-ID: <\xc3(@x>\r\nSubject: "
      "=?utf-8?B?/////w==?=\r\n"
      "Chat-Version: 1.0\r\n";
  inside(head + "Content-Type: text/plain; charset=utf-8\r\n\r\n\xff\xc0\x80\xed\xa0\x80 odd\r\n");
  inside(head + "Content-Type: text/plain; charset=utf-7\r\n\r\n+AD4-\r\n");
  std::string nested = head;
  for (int i = 0; i < 500; ++i) {
    const std::string name = "b" + std::to_string(i);
    nested += "Content-Type: multipart/mixed; boundary=" + name + "\r\n\r\n--" + name + "\r\n";
  }
  inside(nested + "\r\ndeep\r\n");
  std::string wide = head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 20'000; ++i) wide += "--b\r\n\r\nx\r\n";
  inside(wide);
  std::string headers = head;
  for (int i = 0; i < 20'000; ++i) headers += "Autocrypt-Gossip: addr=a@b; keydata=AAAA\r\n";
  inside(headers + "\r\nx\r\n");
  std::string people = head + "To: ";
  for (int i = 0; i < 50'000; ++i) people += "<a" + std::to_string(i) + "@b.example>, ";
  inside(people + "<z@b>\r\nChat-Group-ID: AAAAAAAAAAAAAAAAAAAAAA\r\n\r\nto many\r\n");
  // 30 MiB of line ends in a mail of 40 kB, and 80 MiB, which are over the limit.
  inside(head + "\r\n" + std::string(30 << 20, '\n') + "behind\r\n");
  inside(head + "\r\n" + std::string(80 << 20, '\n'));
  world.settle();
  CHECK(world.of_bob() == std::vector<std::string>{"behind it all"});
  for (const ContactId eve : world.named("")) {
    const auto contact = world.alice.engine().contacts().get(kAccount, eve);
    REQUIRE(contact);
    CHECK(base::is_utf8(contact->display_name));
  }
  CHECK(Three::groups_at(world.alice).empty());
}
