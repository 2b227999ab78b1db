#include "messaging/mail/mail_contacts.h"

#include <algorithm>

#include "messaging/chats/chat_rules.h"
#include "messaging/mail/form/address.h"
#include "messaging/model/events.h"
#include "messaging/model/plain_name.h"
#include "messaging/model/types.h"
#include "store/tables/routes.h"

namespace messaging::mail {
std::optional<crypto::openpgp::Fingerprint> fingerprint_of(const store::ContactRow& contact) {
  const store::ContactKey* key = contact.key(store::ProtocolKind::mail);
  return key == nullptr ? std::nullopt : crypto::openpgp::Fingerprint::from_bytes(key->fingerprint);
}

base::Result<std::optional<Certificate>> certificate_of(const store::ContactRow& contact) {
  const store::ContactKey* key = contact.key(store::ProtocolKind::mail);
  if (key == nullptr || key->key.empty()) return std::optional<Certificate>();
  EDGE_TRY(auto certificate, Certificate::read_stored(key->key));
  return std::optional(std::move(certificate));
}

base::Result<std::optional<store::ContactRow>> find_by_fingerprint(
    const store::Scope& scope, const crypto::openpgp::Fingerprint& fingerprint) {
  return store::find_contact_by_key(scope, store::ProtocolKind::mail, fingerprint.bytes());
}

std::vector<std::string> addresses_of(const store::ContactRow& contact,
                                      const std::optional<Certificate>& certificate) {
  std::vector<std::string> addresses;
  const auto add = [&](const std::string& addr) {
    const bool known = std::any_of(addresses.begin(), addresses.end(),
                                   [&](const std::string& one) { return same_address(one, addr); });
    if (!known && is_address(addr) && addresses.size() < kMaxRelays) addresses.push_back(addr);
  };
  if (certificate) {
    for (const std::string& relay : certificate->info().relays) add(relay);
  }
  if (addresses.empty()) add(contact.addr);
  return addresses;
}

base::Result<store::ContactRow> contact_for(const kernel::WriteContext& write,
                                            const crypto::openpgp::Fingerprint& fingerprint,
                                            const std::string& addr, const std::string& name,
                                            store::ContactState state) {
  EDGE_TRY(auto known, find_by_fingerprint(write.scope, fingerprint));
  if (known) return *std::move(known);
  EDGE_TRY(const auto route, store::find_mail_route(write.scope));
  store::ContactRow row;
  EDGE_TRY(row.id, write.tx.next<ContactId>(write.account.id, "contact", kFirstId));
  row.state = state;
  row.route_id = route;
  row.keys.push_back(
      {store::ProtocolKind::mail, base::to_bytes(fingerprint.bytes()), base::Bytes()});
  row.addr = plain_name(addr, messaging::kMaxAddress);
  row.auth_name = plain_name(name);
  EDGE_CHECK(store::insert_contact(write.scope, row));
  EDGE_CHECK(write.emit(ContactsChanged{row.id}));
  return row;
}

base::Result<bool> learn_certificate(const kernel::WriteContext& write, store::ContactRow& contact,
                                     const Certificate& certificate) {
  const auto at = std::find_if(contact.keys.begin(), contact.keys.end(), [&](const auto& key) {
    return key.kind == store::ProtocolKind::mail;
  });
  if (at == contact.keys.end()) {
    return base::fail(base::Errc::internal, "a certificate for a contact without a fingerprint");
  }
  EDGE_TRY(const auto known, certificate_of(contact));
  base::Bytes fresh = certificate.bytes();
  if (known) {
    if (known->bytes() == fresh) return false;
    EDGE_TRY(const Certificate merged, crypto::openpgp::merge(*known, certificate));
    if (merged.bytes() == known->bytes()) return false;
    fresh = merged.bytes();
  }
  at->key = std::move(fresh);
  EDGE_CHECK(store::update_contact_key(write.scope, contact.id, *at));
  return !known;
}

base::Result<> become_known(const kernel::WriteContext& write, store::ContactRow& contact,
                            bool verified) {
  contact.verified = contact.verified || verified;
  contact.state = store::ContactState::known;
  contact.blocked = false;
  EDGE_CHECK(store::update_contact(write.scope, contact));
  EDGE_TRY(store::ChatRow chat,
           chats::ensure_single_chat(write.tx, write.scope, contact.id, store::ChatBlocked::no));
  const bool first = !chat.encrypted;
  chat.encrypted = true;
  chat.blocked = store::ChatBlocked::no;
  EDGE_CHECK(store::update_chat(write.scope, chat));
  EDGE_CHECK(write.emit(ContactsChanged{contact.id}));
  if (first) EDGE_CHECK(write.emit(PrivittyChatEncryptionChanged{chat.id, true}));
  EDGE_CHECK(write.emit(ChatModified{chat.id}));
  return write.emit(PrivittyPeerHandshakeComplete{chat.id, contact.id});
}

}  // namespace messaging::mail
