// Contacts of mail accounts: a contact is an OpenPGP fingerprint, and its certificate, once it is
// known, says where it is reached.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/openpgp/openpgp.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/contacts.h"

namespace messaging::mail {

using crypto::openpgp::Certificate;

// A mail goes to this many addresses of a contact at most, as Delta Chat's do.
inline constexpr std::size_t kMaxRelays = 5;

std::optional<crypto::openpgp::Fingerprint> fingerprint_of(const store::ContactRow& contact);
// Nothing as long as only the fingerprint is known.
base::Result<std::optional<Certificate>> certificate_of(const store::ContactRow& contact);
base::Result<std::optional<store::ContactRow>> find_by_fingerprint(
    const store::Scope& scope, const crypto::openpgp::Fingerprint& fingerprint);
// The addresses for mails to the contact: those of its certificate, else its own.
std::vector<std::string> addresses_of(const store::ContactRow& contact,
                                      const std::optional<Certificate>& certificate);

// ---- in the writer's transaction ----

// The contact, inserted in `state` if there is none.
base::Result<store::ContactRow> contact_for(const kernel::WriteContext& write,
                                            const crypto::openpgp::Fingerprint& fingerprint,
                                            const std::string& addr, const std::string& name,
                                            store::ContactState state);
// Stores new parts of a certificate with the contact's fingerprint. True: it is the first
// certificate, and rows that wait for it can be sent.
base::Result<bool> learn_certificate(const kernel::WriteContext& write, store::ContactRow& contact,
                                     const Certificate& certificate);
// A join proved the contact's key: marks the contact as known, and its chat as encrypted.
base::Result<> become_known(const kernel::WriteContext& write, store::ContactRow& contact,
                            bool verified);

}  // namespace messaging::mail
