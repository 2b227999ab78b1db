// Mail keys: the OpenPGP key of an account that is reached by mail, one an account.
#pragma once

#include <optional>

#include "crypto/wiping.h"
#include "store/tables/scope.h"

namespace store {

// Replaces the account's earlier one.
base::Result<> put_mail_key(const Scope& scope, base::ByteView secret);
base::Result<std::optional<crypto::WipingBytes>> find_mail_key(const Scope& scope);

}  // namespace store
