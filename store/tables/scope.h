// Scope: one account's rows through one connection, with the keys that open their sealed columns.
// Cheap to make and to pass; valid as long as the connection is held. One thread at a time.
#pragma once

#include <string_view>

#include "base/ids.h"
#include "store/connection.h"
#include "store/tables/intact.h"
#include "store/vault.h"

namespace store {

struct Scope {
  Connection& db;
  const Vault& vault;
  const AccountKey& key;
  base::AccountId account;

  // The sealed column of a row: bound to account, table, column and row id.
  base::Bytes seal(std::string_view table, std::int64_t id, base::ByteView plain) const {
    return vault.seal(key, table, "sealed", id, plain);
  }
  base::Result<crypto::WipingBytes> open(std::string_view table, std::int64_t id,
                                         base::ByteView sealed) const {
    auto plain = vault.open(key, table, "sealed", id, sealed);
    if (!plain) return std::move(plain).error().with_context(changed_record(table, id));
    return plain;
  }
  Vault::Lookup lookup(std::string_view label, base::ByteView value) const {
    return vault.lookup(key, label, value);
  }
};

}  // namespace store
