// What makes an account one that is reached by mail: its OpenPGP key, its way in, its route. In the
// writer's transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/write_context.h"

namespace messaging::mail {

// The account speaks mail from the commit on and is reached at `addr`: it has a key, made if there
// is none, and the gateways' way in is replaced. Again for the same address: nothing.
base::Result<> become_mail_account(const kernel::WriteContext& write, std::string_view addr);

// The account is reached at these addresses from now on, the first of which it gives out; at least
// one. Its certificate says so.
base::Result<> set_addresses(const kernel::WriteContext& write,
                             const std::vector<std::string>& addresses);

// This OpenPGP key, armored, is the account's from now on: of one that nothing was done with yet.
base::Result<> use_key(const kernel::WriteContext& write, base::ByteView armored);

// Logins were added or deleted, or another one is the primary: set_addresses() with those stored.
base::Result<> addresses_changed(const kernel::WriteContext& write);

}  // namespace messaging::mail
