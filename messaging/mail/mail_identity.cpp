#include "messaging/mail/mail_identity.h"

#include <fmt/format.h>

#include "crypto/openpgp/openpgp.h"
#include "messaging/mail/form/fingerprint.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_logins.h"
#include "messaging/mail/mail_protocol.h"
#include "store/tables/contacts.h"
#include "store/tables/invites.h"
#include "store/tables/mail_keys.h"
#include "store/tables/mail_logins.h"
#include "store/tables/routes.h"
#include "store/tables/ways_in.h"

namespace messaging::mail {
namespace {

using crypto::openpgp::SecretKey;

crypto::openpgp::UnixSeconds seconds(const kernel::WriteContext& write) {
  return write.tx.now() / 1000;
}

base::Result<SecretKey> key_of_account(const kernel::WriteContext& write, std::string_view addr) {
  EDGE_TRY(const auto stored, store::find_mail_key(write.scope));
  if (stored) return SecretKey::read(*stored);
  EDGE_TRY(SecretKey made, SecretKey::generate(addr, seconds(write)));
  EDGE_TRY(const crypto::WipingBytes secret, made.serialize());
  EDGE_CHECK(store::put_mail_key(write.scope, secret));
  return made;
}

// Our own contact has the certificate as its key, as other contacts have theirs.
base::Result<> put_own_certificate(const kernel::WriteContext& write, const SecretKey& secret,
                                   const std::vector<std::string>& addresses) {
  EDGE_TRY(const auto certificate, secret.certificate(addresses, seconds(write)));
  EDGE_TRY(store::ContactRow self, store::load_contact(write.scope, kSelf));
  store::ContactKey key;
  key.kind = store::ProtocolKind::mail;
  key.fingerprint = base::to_bytes(certificate.fingerprint().bytes());
  key.key = certificate.bytes();
  const store::ContactKey* before = self.key(store::ProtocolKind::mail);
  if (before != nullptr && before->fingerprint == key.fingerprint) {
    EDGE_CHECK(store::update_contact_key(write.scope, kSelf, key));
  } else if (before != nullptr) {
    return base::fail(base::Errc::already_exists, "the account has another key for mails");
  } else {
    EDGE_CHECK(store::insert_contact_key(write.scope, kSelf, key));
  }
  self.addr = addresses.front();
  write.tx.on_commit(
      [core = &write.core, id = write.account.id, member = member_key(certificate.fingerprint())] {
        core->directory.set_member_key(id, member);
      });
  return store::update_contact(write.scope, self);
}

base::Result<> put_way_in(const kernel::WriteContext& write, const std::string& addr) {
  EDGE_TRY(auto ways, store::list_ways_in(write.scope));
  store::WayIn& way = ways.front();
  if (way.kind == store::ProtocolKind::mail && way.addr == addr) return {};
  way.kind = store::ProtocolKind::mail;
  way.addr = addr;
  way.mailbox.clear();
  EDGE_CHECK(store::update_way_in(write.scope, way));
  write.tx.on_commit([core = &write.core, id = write.account.id, ways = std::move(ways)] {
    core->directory.set_ways_in(id, ways);
    core->directory.set_relay(id, std::nullopt);
  });
  return {};
}

}  // namespace

base::Result<> become_mail_account(const kernel::WriteContext& write, std::string_view addr) {
  return set_addresses(write, {std::string(addr)});
}

base::Result<> set_addresses(const kernel::WriteContext& write,
                             const std::vector<std::string>& addresses) {
  EDGE_TRY(const SecretKey secret, key_of_account(write, addresses.front()));
  EDGE_CHECK(put_own_certificate(write, secret, addresses));
  EDGE_CHECK(put_way_in(write, addresses.front()));
  EDGE_TRY(const auto route, store::find_mail_route(write.scope));
  if (!route) {
    EDGE_TRY(const std::int64_t id, write.tx.next_id(write.account.id, "route"));
    EDGE_CHECK(store::insert_mail_route(write.scope, id));
  }
  write.tx.on_commit(
      [keys = &mail_protocol(write.core).keys(), id = write.account.id] { keys->forget(id); });
  return {};
}

base::Result<> use_key(const kernel::WriteContext& write, base::ByteView armored) {
  EDGE_TRY(const SecretKey secret, SecretKey::read(armored));
  EDGE_TRY(const crypto::WipingBytes stored, secret.serialize());
  EDGE_CHECK(store::put_mail_key(write.scope, stored));
  if (write.account.protocol() != store::ProtocolKind::mail) return {};
  EDGE_TRY(const store::ContactRow self, store::load_contact(write.scope, kSelf));
  EDGE_TRY(const auto before, certificate_of(self));
  EDGE_CHECK(store::delete_contact_key(write.scope, kSelf, store::ProtocolKind::mail));
  EDGE_CHECK(store::delete_invites(write.scope));
  std::vector<std::string> addresses;
  if (before) addresses = before->info().relays;
  if (addresses.empty()) addresses.push_back(write.account.addr());
  return set_addresses(write, addresses);
}

base::Result<> addresses_changed(const kernel::WriteContext& write) {
  EDGE_TRY(const auto logins, store::list_mail_logins(write.scope));
  std::vector<std::string> addresses;
  for (const store::MailLoginRow& login : logins) {
    if (login.primary)
      addresses.insert(addresses.begin(), login.addr);
    else
      addresses.push_back(login.addr);
  }
  if (addresses.empty()) return {};
  return set_addresses(write, addresses);
}

}  // namespace messaging::mail
