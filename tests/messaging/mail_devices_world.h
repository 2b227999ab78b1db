// Devices: alice of a MailWorld has another device, as it were: its mails are made here with her
// key.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "crypto/openpgp/openpgp.h"
#include "crypto/random.h"
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/outer_mail.h"
#include "messaging/mail/taken_mails.h"
#include "store/tables/mail_keys.h"
#include "tests/messaging/mail_world.h"

namespace test {

using crypto::openpgp::SecretKey;

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
  // A mail to alice that has `signer`'s key and address; `other`: for whom it is besides. Answers
  // with its Message-ID.
  std::string mail_to_alice(Peer& signer, messaging::mail::ChatMail mail, Peer* other = nullptr) {
    const std::int64_t now = clock.now() / 1000;
    const SecretKey secret = key_of(signer);
    const auto own = secret.certificate(std::vector{addr(signer)}, now);
    const auto hers = key_of(alice).certificate(std::vector{addr(alice)}, now);
    REQUIRE(own);
    REQUIRE(hers);
    mail.from.addr = sent_from.empty() ? addr(signer) : sent_from;
    if (mail.message_id.empty()) {
      mail.message_id =
          messaging::mail::message_id_of(messaging::mail::as_v4(crypto::random_array<16>()));
    }
    mail.date = now;
    mail.key = messaging::mail::KeyNotice{mail.from.addr, own->bytes(), true};
    const auto outer = messaging::mail::outer_of(mail, 0);
    const auto inner = messaging::mail::write_inner(mail, outer);
    std::vector<const crypto::openpgp::Certificate*> to{&*hers};
    std::optional<crypto::openpgp::Certificate> theirs;
    if (other != nullptr) {
      auto made = key_of(*other).certificate(std::vector{addr(*other)}, now);
      REQUIRE(made);
      theirs = *std::move(made);
      to.push_back(&*theirs);
    }
    crypto::openpgp::Sealing sealing;
    sealing.plaintext = inner;
    sealing.recipients = to;
    sealing.signer = &secret;
    sealing.now = now;
    const auto armored = crypto::openpgp::seal(sealing);
    REQUIRE(armored);
    const std::string text = messaging::mail::write_outer(outer, *armored);
    servers.put(addr(alice), base::Bytes(text.begin(), text.end()));
    // Taken and not deleted while there are other devices: until what comes behind it is here.
    REQUIRE(until([&] { return servers.count(addr(alice)) == 0 || is_taken(mail); }));
    return mail.message_id;
  }
  bool is_taken(const messaging::mail::ChatMail& mail) {
    const auto found = alice.store().write_now<bool>([&](store::Tx& tx) -> base::Result<bool> {
      EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
      const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
      return messaging::mail::is_taken({tx.db(), tx.vault(), key, Peer::kAccount}, mail.message_id,
                                       mail.from.addr);
    });
    return found && *found;
  }
  // What the other device says to bob.
  std::string say_to_bob(messaging::mail::ChatMail mail) {
    mail.to.push_back({messaging::mail::MailAddress{addr(bob), "bob"}});
    return mail_to_alice(alice, std::move(mail), &bob);
  }
  std::vector<Message> calls() {
    std::vector<Message> found;
    const auto items = alice.engine().messages().list(Peer::kAccount, alices, false, false);
    REQUIRE(items);
    for (const ListItem& item : *items) {
      Message message = alice.message(item.message);
      if (message.type == Viewtype::call) found.push_back(std::move(message));
    }
    return found;
  }
  CallState state(MsgId call) {
    const auto found = alice.engine().calls().get(Peer::kAccount, call);
    REQUIRE(found);
    return found->state;
  }
  std::vector<Location> own_places() {
    auto found = alice.engine().locations().list(Peer::kAccount, {alices, kSelf});
    REQUIRE(found);
    return *std::move(found);
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
  std::string sent_from = {};  // the address that the other device sends from; "": alice's
};

}  // namespace test
