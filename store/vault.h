// Vault: the sealed columns. Holds the store's data key and derives one subkey per account.
//
// A sealed value is bound to its place by the associated data
//   account uuid 16 | u16 length, table | u16 length, column | row id i64          (decision 19)
// so that it does not open in another account, table, column or row. Resists an attacker who
// writes to the disk without the key: no value can be read, altered or moved; whole rows can still
// be removed or replaced by an older version of the same row.
//
// Const use is safe from any thread. AccountKeys share the vault's subkeys and may outlive it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/mutex.h"
#include "base/result.h"
#include "crypto/seal.h"
#include "crypto/wiping.h"

namespace store {

using Uuid = std::array<std::uint8_t, 16>;
Uuid random_uuid();

// Seals one account's records; cheap to copy. Made by Vault::account().
class AccountKey {
 public:
  AccountKey() = default;  // seals nothing; to be assigned to
  const Uuid& uuid() const { return uuid_; }

 private:
  friend class Vault;
  Uuid uuid_{};
  std::shared_ptr<const crypto::RecordKey> key_;
};

struct VaultOptions {
  // Writes plaintext. Only for the test that proves that the search for plaintext finds it.
  bool sealing_off_for_tests = false;
};

class Vault {
 public:
  using Options = VaultOptions;
  using Lookup = crypto::LookupHash;

  explicit Vault(crypto::RecordKey data_key, Options options = {});

  AccountKey account(const Uuid& uuid) const;
  // For records that belong to no account: the uuid is all zero.
  const AccountKey& store_wide() const { return store_wide_; }
  // Drops the cached subkey of a removed account.
  void forget(const Uuid& uuid) const;
  // An account whose key came with it from another store (tables/account_keys.h): account() uses
  // this key from now on, until disown(); forget() does not drop it.
  void adopt(const Uuid& uuid, crypto::RecordKey key) const;
  void disown(const Uuid& uuid) const;
  // The key that an account takes to another store.
  crypto::Secret<32> reveal(const AccountKey& key) const;

  base::Bytes seal(const AccountKey& key, std::string_view table, std::string_view column,
                   std::int64_t id, base::ByteView plain) const;
  // Errc::sealed when it does not open: that record is lost, no other.
  base::Result<crypto::WipingBytes> open(const AccountKey& key, std::string_view table,
                                         std::string_view column, std::int64_t id,
                                         base::ByteView sealed) const;
  // The keyed hash by which a value is found; normalise the value first.
  Lookup lookup(const AccountKey& key, std::string_view label, base::ByteView value) const;
  Lookup lookup(const AccountKey& key, std::string_view label, std::string_view value) const {
    return lookup(key, label, base::as_bytes(value));
  }

 private:
  AccountKey derive(const Uuid& uuid) const;

  crypto::RecordKey data_key_;
  Options options_;
  mutable base::Mutex mutex_;
  mutable std::map<Uuid, AccountKey> accounts_ GUARDED_BY(mutex_);
  mutable std::map<Uuid, AccountKey> adopted_ GUARDED_BY(mutex_);
  AccountKey store_wide_;
};

}  // namespace store
