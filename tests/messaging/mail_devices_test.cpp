// Mails of ours that another device sent, as it were: made here with the account's key.
#include "crypto/openpgp/openpgp.h"
#include "crypto/random.h"
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/outer_mail.h"
#include "store/tables/mail_keys.h"
#include "tests/messaging/mail_world.h"

using namespace test;
using crypto::openpgp::SecretKey;

namespace {

struct Devices : MailWorld {
  Devices() : bobs(join(bob, alice)), alices(alice.chat_with_peer()) {}

  SecretKey key_of(Peer& peer) {
    const auto found = peer.store().write_now<crypto::WipingBytes>(
        [&](store::Tx& tx) -> base::Result<crypto::WipingBytes> {
          EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
          const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
          EDGE_TRY(auto secret, store::find_mail_key({tx.db(), tx.vault(), key, Peer::kAccount}));
          return *std::move(secret);
        });
    REQUIRE(found);
    auto key = SecretKey::read(*found);
    REQUIRE(key);
    return *std::move(key);
  }
  // A mail to alice that has `signer`'s key and address.
  void mail_to_alice(Peer& signer, messaging::mail::ChatMail mail) {
    const std::int64_t now = clock.now() / 1000;
    const SecretKey secret = key_of(signer);
    const auto own = secret.certificate(std::vector{addr(signer)}, now);
    const auto hers = key_of(alice).certificate(std::vector{addr(alice)}, now);
    REQUIRE(own);
    REQUIRE(hers);
    mail.from.addr = addr(signer);
    mail.message_id =
        messaging::mail::message_id_of(messaging::mail::as_v4(crypto::random_array<16>()));
    mail.date = now;
    mail.key = messaging::mail::KeyNotice{addr(signer), own->bytes(), true};
    const auto outer = messaging::mail::outer_of(mail, 0);
    const auto inner = messaging::mail::write_inner(mail, outer);
    const std::vector<const crypto::openpgp::Certificate*> to{&*hers};
    crypto::openpgp::Sealing sealing;
    sealing.plaintext = inner;
    sealing.recipients = to;
    sealing.signer = &secret;
    sealing.now = now;
    const auto armored = crypto::openpgp::seal(sealing);
    REQUIRE(armored);
    const std::string text = messaging::mail::write_outer(outer, *armored);
    servers.put(addr(alice), base::Bytes(text.begin(), text.end()));
    REQUIRE(until([&] { return servers.count(addr(alice)) == 0; }));
  }
  void news_to_alice(Peer& signer, const std::string& data) {
    messaging::mail::ChatMail mail;
    mail.to.push_back({messaging::mail::MailAddress{addr(alice)}});
    mail.body = messaging::mail::MailSync{"{\"items\":[{\"timestamp\":1,\"data\":" + data + "}]}"};
    mail_to_alice(signer, std::move(mail));
  }
  std::string config(Peer& peer, const std::string& key) {
    const auto value = peer.engine().config().get(Peer::kAccount, key);
    return value ? value->value_or("") : value.error().message;
  }

  ChatId bobs, alices;
};

}  // namespace

TEST_CASE("news for our devices count when our own key signed them, and from nobody else") {
  Devices world;
  const std::string renamed = R"({"Config":{"key":"Displayname","val":"Mallory"}})";
  world.news_to_alice(world.bob, renamed);
  CHECK(world.config(world.alice, "displayname") == "alice");
  CHECK(world.config(world.alice, "bcc_self") == "0");
  world.news_to_alice(world.alice, R"({"Later":{"x":1}})");
  CHECK(world.config(world.alice, "displayname") == "alice");
  CHECK(world.config(world.alice, "bcc_self") == "1");  // there is another device
  world.news_to_alice(world.alice, renamed);
  CHECK(world.config(world.alice, "displayname") == "Mallory");
}

TEST_CASE("news that name what is not here change nothing") {
  Devices world;
  world.bob.send(world.bobs, "stays");
  REQUIRE(world.until([&] { return world.alice.has_text("stays"); }));
  for (
      const std::string data :
      {R"({"AlterChat":{"id":{"ContactFingerprint":"2B53F0121712E342CAAE53FDE9C94778A0398E39"},"action":"Delete"}})",
       R"({"AlterChat":{"id":{"Grpid":"3XdTk-Qbsi7oHmcBZQvPs8J_"},"action":{"SetVisibility":"Pinned"}}})",
       R"({"AddQrToken":{"invitenumber":"a","auth":"short","grpid":null}})",
       R"({"AddQrToken":{"invitenumber":"a","auth":"AzTM2IyKTZ5XeRUqOj75YMSX","grpid":"3XdTk-Qbsi7oHmcBZQvPs8J_"}})",
       R"({"SaveMessage":{"src":"a@b","dest":"c@d"}})", R"({"DeleteMessages":{"msgs":["a@b"]}})"}) {
    world.news_to_alice(world.alice, data);
  }
  CHECK(world.alice.texts(world.alices) == std::vector<std::string>{"stays"});
}

TEST_CASE("a note that another device wrote is in Saved messages") {
  Devices world;
  messaging::mail::ChatMail note;
  note.to.push_back({messaging::mail::MailAddress{MailWorld::addr(world.alice)}});
  note.body = messaging::mail::MailText{.text = "a note"};
  world.mail_to_alice(world.alice, std::move(note));
  REQUIRE(world.alice.has_text("a note"));
  const Message copy = world.alice.message(*world.alice.find_text("a note"));
  CHECK(copy.from == kSelf);
  CHECK(copy.state == MsgState::out_delivered);
}

TEST_CASE("copies of what this device sent itself change nothing") {
  Devices world;
  world.alice.set_config("bcc_self", "1");
  world.servers.hold(MailWorld::addr(world.alice), true);
  const MsgId sent = world.alice.send(world.alices, "first");
  for (const char* text : {"second", "third"}) {
    const auto edited = answer<void>([&](auto d) {
      world.alice.engine().messages().edit(Peer::kAccount, sent, text, std::move(d));
    });
    REQUIRE(edited);
  }
  REQUIRE(world.until([&] { return world.outbox(world.alice) == 0; }));
  CHECK(world.servers.count(MailWorld::addr(world.alice)) == 3);
  world.servers.hold(MailWorld::addr(world.alice), false);
  REQUIRE(world.until([&] { return world.servers.count(MailWorld::addr(world.alice)) == 0; }));
  CHECK(world.alice.texts(world.alices) == std::vector<std::string>{"third"});
  REQUIRE(world.until([&] { return world.bob.has_text("third"); }));
}

TEST_CASE("notes to ourselves and news go to our own mailbox while there are other devices") {
  Devices world;
  const auto mails = [&] { return world.servers.sent().size(); };
  const ChatId notes = world.alice.saved_messages();
  const std::size_t before = mails();
  world.alice.send(notes, "alone");
  world.alice.set_config("selfstatus", "alone");
  CHECK(world.outbox(world.alice) == 0);
  CHECK(mails() == before);
  world.alice.set_config("bcc_self", "1");
  world.alice.send(notes, "to my phone");
  world.alice.set_config("selfstatus", "with a phone");
  REQUIRE(world.until([&] { return mails() == before + 2; }));
  for (const auto& mail : {world.servers.sent()[before], world.servers.sent()[before + 1]}) {
    CHECK(mail.recipients == std::vector<std::string>{MailWorld::addr(world.alice)});
  }
  world.alice.set_config("sync_msgs", "0");
  world.alice.set_config("selfstatus", "not to be told");
  CHECK(world.outbox(world.alice) == 0);
  CHECK(world.servers.broken_rules().empty());
}
