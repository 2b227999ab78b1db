// MailWorld: gateways of a World whose accounts are reached by mail, through MailServers.
#pragma once

#include <string>
#include <vector>

#include "messaging/api/account_setup.h"
#include "messaging/api/parts.h"
#include "messaging/mail/mail_identity.h"
#include "messaging/mail/mail_logins.h"
#include "store/tables/mail_logins.h"
#include "tests/messaging/bare_gateway.h"
#include "tests/messaging/fake_mail_lines.h"
#include "tests/messaging/fake_mail_servers.h"
#include "tests/messaging/pictures.h"
#include "tests/support/world.h"

namespace test {

// alice and bob of a World, each reached at "<name>@mail.test".
class MailWorld : public World {
 public:
  explicit MailWorld(unsigned seed = 1)
      : World(seed), alices_mails_(servers), bobs_mails_(servers) {
    make_mail(alice, alices_mails_);
    make_mail(bob, bobs_mails_);
  }
  ~MailWorld() {
    stop(alice, alices_mails_);
    stop(bob, bobs_mails_);
  }
  // What waits to be sent.
  std::size_t outbox(Peer& peer) {
    auto reader = peer.store().read();
    REQUIRE(reader);
    return static_cast<std::size_t>(
        reader->connection().integer("SELECT count(*) FROM outbox").value_or(-1).value_or(-1));
  }
  FakeMails& alices_mails() { return alices_mails_; }
  FakeMails& bobs_mails() { return bobs_mails_; }

  static std::string addr(const Peer& peer) { return peer.name() + "@mail.test"; }

  // As a kill at this moment and a new start.
  void restart(Peer& peer, FakeMails& mails) {
    stop(peer, mails);
    start(peer, mails);
  }
  void stop(Peer& peer, FakeMails& mails) {
    mails.close();
    peer.stop();
  }
  void start(Peer& peer, FakeMails& mails) {
    peer.start();
    watch(peer, mails);
  }

  MailServers servers;

 protected:
  void make_mail(Peer& peer, FakeMails& mails) {
    servers.add_box(addr(peer));
    peer.set_mails(&mails);
    {
      BareGateway bare(*this, peer);
      bare.write([&](const kernel::WriteContext& write) -> base::Result<> {
        EDGE_CHECK(messaging::mail::become_mail_account(write, addr(peer)));
        store::MailLoginRow row;
        EDGE_TRY(row.id, write.tx.next_id(write.account.id, "mail_login"));
        row.primary = true;
        row.addr = addr(peer);
        messaging::mail::StoredLogin stored;
        stored.login.addr = row.addr;
        stored.login.imap.host = stored.login.smtp.host = "mail.test";
        row.login = messaging::mail::encode_login(stored);
        EDGE_CHECK(store::insert_mail_login(write.scope, row));
        return store::set_primary_mail_login(write.scope, row.id);
      });
    }
    start(peer, mails);
    peer.set_config("displayname", peer.name());
  }
  static void watch(Peer& peer, FakeMails& mails) {
    const auto found = peer.store().write_now<std::vector<store::MailLoginRow>>(
        [&](store::Tx& tx) -> base::Result<std::vector<store::MailLoginRow>> {
          EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
          const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
          return store::list_mail_logins({tx.db(), tx.vault(), key, Peer::kAccount});
        });
    REQUIRE(found);
    const auto& row = found->front();
    const auto login = messaging::mail::login_of(row);
    REQUIRE(login);
    mails.watch({Peer::kAccount, row.id}, *login, {row.cursor.uid_validity, row.cursor.next_uid},
                {});
  }

 private:
  FakeMails alices_mails_, bobs_mails_;
};

}  // namespace test
