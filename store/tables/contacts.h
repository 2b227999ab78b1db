// Contacts' rows. A contact is a key (contact_keys.h); its address is a label that two may share
// (decision 5). The special contacts (1 self, 2 info, 5 device) have rows too, the last two without
// a key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/tables/contact_keys.h"
#include "store/tables/scope.h"

namespace store {

enum class ContactState : std::uint8_t {
  // In no list: removed by the user, or a stranger who wrote to us and was not accepted.
  hidden = 0,
  known = 1,
};

struct ContactRow {
  base::ContactId id;
  ContactState state = ContactState::known;
  std::optional<std::int64_t> route_id;
  bool blocked = false;
  bool verified = false;
  bool bot = false;
  base::UnixMillis last_seen = 0;
  std::optional<std::int64_t> avatar_blob = {};  // counted among the blob's uses by who sets it
  std::int64_t avatar_number = 0;                // 0: there was never a picture
  std::vector<ContactKey> keys;  // one of a kind at most; none for the specials without one
  // Sealed:
  std::string addr;
  std::string name;       // given by us
  std::string auth_name;  // given by themselves
  std::string status;
  // The verified contacts with one address, the first one lowest; 0 for those from before there
  // were numbers.
  std::int64_t addr_place = 0;

  const ContactKey* key(ProtocolKind kind) const;  // nullptr when there is none
};

// With its keys. Fails with Errc::already_exists when another contact has one of them.
base::Result<> insert_contact(const Scope& scope, const ContactRow& row);
// Writes every column of the row with this id, not its keys; Errc::not_found when there is none.
base::Result<> update_contact(const Scope& scope, const ContactRow& row);

base::Result<std::optional<ContactRow>> find_contact(const Scope& scope, base::ContactId contact);
base::Result<ContactRow> load_contact(const Scope& scope, base::ContactId contact);
base::Result<std::optional<ContactRow>> find_contact_by_key(const Scope& scope, ProtocolKind kind,
                                                            base::ByteView fingerprint);
// Verified ones first, in the order in which they were verified under this address, then the others
// by age: a contact that takes the same label later never comes before them (decision 5). Hidden
// ones are left out.
base::Result<std::vector<ContactRow>> find_contacts_by_addr(const Scope& scope,
                                                            std::string_view addr);
// The hidden ones with this address, by age.
base::Result<std::vector<ContactRow>> find_hidden_by_addr(const Scope& scope,
                                                          std::string_view addr);
// Known or blocked contacts that open, specials too, by id.
base::Result<std::vector<ContactRow>> list_contacts(const Scope& scope);

// With its keys. The caller has checked that nothing else refers to the contact.
base::Result<> delete_contact(const Scope& scope, base::ContactId contact);

// Peers that are known.
base::Result<std::int64_t> count_contacts(const Scope& scope);

// Moves last_seen forward, never back; the column is not sealed, so this is cheap.
base::Result<> touch_last_seen(const Scope& scope, base::ContactId contact, base::UnixMillis at);

}  // namespace store
