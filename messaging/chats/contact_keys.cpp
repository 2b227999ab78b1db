#include "messaging/chats/contact_keys.h"

#include <fmt/format.h>

#include <algorithm>

namespace messaging::chats {
namespace {

using kernel::ProtocolKind;

constexpr std::size_t kShortFingerprint = 20;  // of OpenPGP keys of version 4

bool is_short(const MemberKey& key) {
  return std::all_of(key.begin() + kShortFingerprint, key.end(),
                     [](std::uint8_t byte) { return byte == 0; });
}

base::ByteView fingerprint_in(const MemberKey& key) {
  const base::ByteView bytes = key;
  return is_short(key) ? bytes.first(kShortFingerprint) : bytes;
}

std::optional<MemberKey> padded(base::ByteView bytes) {
  MemberKey key{};
  if (bytes.size() != key.size() && bytes.size() != kShortFingerprint) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

}  // namespace

MemberKey key_of(const kernel::AccountState& account) {
  return account.member_key.value_or(account.identity.public_key().bytes());
}

std::optional<MemberKey> key_of(const store::ContactRow& contact) {
  // In a mail account our own contact has keys of both kinds; groups know it by the mail key.
  if (const store::ContactKey* mail = contact.key(ProtocolKind::mail)) {
    return padded(mail->fingerprint);
  }
  const store::ContactKey* stored = contact.key(ProtocolKind::gateway);
  if (stored == nullptr || stored->key.size() != MemberKey().size()) return std::nullopt;
  return padded(stored->key);
}

base::Result<MemberKey> key_of(const store::Scope& scope, ContactId contact) {
  EDGE_TRY(const store::ContactRow row, store::load_contact(scope, contact));
  if (const auto key = key_of(row)) return *key;
  return base::fail(base::Errc::invalid_argument,
                    fmt::format("contact {} is not somebody who can be in a group", contact.value));
}

store::ContactKey stored_key(const MemberKey& key) {
  const base::Bytes bytes = base::to_bytes(base::ByteView(key));
  return {ProtocolKind::gateway, bytes, bytes};  // the fingerprint is the key itself (decision 5)
}

store::ContactKey stored_key(const kernel::AccountState& account, const MemberKey& key) {
  if (account.protocol() != ProtocolKind::mail) return stored_key(key);
  return {ProtocolKind::mail, base::to_bytes(fingerprint_in(key)), {}};
}

base::Result<std::optional<MemberKey>> own_mail_key(const store::Scope& scope) {
  EDGE_TRY(const store::ContactRow row, store::load_contact(scope, kSelf));
  const store::ContactKey* mail = row.key(ProtocolKind::mail);
  return mail == nullptr ? std::optional<MemberKey>() : padded(mail->fingerprint);
}

base::Result<std::optional<ContactId>> contact_of(const store::Scope& scope, const MemberKey& key) {
  EDGE_TRY(auto owner, store::find_key_owner(scope, ProtocolKind::gateway, key));
  if (owner) return owner;
  return store::find_key_owner(scope, ProtocolKind::mail, fingerprint_in(key));
}

base::Result<std::optional<store::ContactRow>> find_contact_by_key(const store::Scope& scope,
                                                                   const MemberKey& key) {
  EDGE_TRY(auto contact, store::find_contact_by_key(scope, ProtocolKind::gateway, key));
  if (contact) return contact;
  return store::find_contact_by_key(scope, ProtocolKind::mail, fingerprint_in(key));
}

base::Result<bool> knows_key(const store::Scope& scope, const MemberKey& key) {
  EDGE_TRY(const bool known, store::is_key_known(scope, ProtocolKind::gateway, key));
  if (known) return true;
  return store::is_key_known(scope, ProtocolKind::mail, fingerprint_in(key));
}

}  // namespace messaging::chats
