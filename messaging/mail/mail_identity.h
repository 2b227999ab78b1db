// The parts that make an account a mail account: its OpenPGP key, its way in, its route. In the
// writer's transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/write_context.h"

namespace messaging::mail {

// From the commit on the account speaks mail and is reached at `addr`: it has a key, generated if
// there is none, and its native way in is replaced. Without effect for the present address.
base::Result<> become_mail_account(const kernel::WriteContext& write, std::string_view addr);

// The account is reached at these addresses from now on, at least one; it gives out the first one.
// Updates its certificate.
base::Result<> set_addresses(const kernel::WriteContext& write,
                             const std::vector<std::string>& addresses);

// Sets the OpenPGP key (armored) of an unused account.
base::Result<> use_key(const kernel::WriteContext& write, base::ByteView armored);

// Call after logins were added or deleted, or the primary one changed: set_addresses() with the
// stored ones.
base::Result<> addresses_changed(const kernel::WriteContext& write);

}  // namespace messaging::mail
