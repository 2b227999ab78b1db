#include "store/vault.h"

#include "base/wire.h"
#include "crypto/random.h"

namespace store {
namespace {

constexpr std::size_t kMaxCachedAccounts = 1024;

// Every row that opens needs one: in one piece of memory.
base::Bytes place(const Uuid& uuid, std::string_view table, std::string_view column,
                  std::int64_t id) {
  base::Bytes out;
  out.reserve(uuid.size() + 2 + table.size() + 2 + column.size() + 8);
  const auto number = [&](std::uint64_t value, int bits) {
    for (int shift = bits - 8; shift >= 0; shift -= 8) {
      out.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  };
  out.insert(out.end(), uuid.begin(), uuid.end());
  number(table.size(), 16);
  out.insert(out.end(), table.begin(), table.end());
  number(column.size(), 16);
  out.insert(out.end(), column.begin(), column.end());
  number(static_cast<std::uint64_t>(id), 64);
  return out;
}

}  // namespace

Uuid random_uuid() { return crypto::random_array<16>(); }

Vault::Vault(crypto::RecordKey data_key, Options options)
    : data_key_(std::move(data_key)), options_(options), store_wide_(derive(Uuid{})) {}

AccountKey Vault::derive(const Uuid& uuid) const {
  base::WireWriter context;
  context.fixed(base::as_bytes("account")).fixed(uuid);
  AccountKey out;
  out.uuid_ = uuid;
  out.key_ = std::make_shared<const crypto::RecordKey>(data_key_.derive(context.view()));
  return out;
}

AccountKey Vault::account(const Uuid& uuid) const {
  base::Lock lock(mutex_);
  if (const auto own = adopted_.find(uuid); own != adopted_.end()) return own->second;
  const auto found = accounts_.find(uuid);
  if (found != accounts_.end()) return found->second;
  if (accounts_.size() >= kMaxCachedAccounts) accounts_.clear();
  return accounts_.emplace(uuid, derive(uuid)).first->second;
}

void Vault::forget(const Uuid& uuid) const {
  base::Lock lock(mutex_);
  accounts_.erase(uuid);
}

void Vault::adopt(const Uuid& uuid, crypto::RecordKey key) const {
  AccountKey out;
  out.uuid_ = uuid;
  out.key_ = std::make_shared<const crypto::RecordKey>(std::move(key));
  base::Lock lock(mutex_);
  adopted_.insert_or_assign(uuid, std::move(out));
}

void Vault::disown(const Uuid& uuid) const {
  base::Lock lock(mutex_);
  adopted_.erase(uuid);
}

crypto::Secret<32> Vault::reveal(const AccountKey& key) const { return key.key_->secret().clone(); }

base::Bytes Vault::seal(const AccountKey& key, std::string_view table, std::string_view column,
                        std::int64_t id, base::ByteView plain) const {
  if (options_.sealing_off_for_tests) return base::to_bytes(plain);
  return crypto::seal(*key.key_, place(key.uuid_, table, column, id), plain);
}

base::Result<crypto::WipingBytes> Vault::open(const AccountKey& key, std::string_view table,
                                              std::string_view column, std::int64_t id,
                                              base::ByteView sealed) const {
  if (options_.sealing_off_for_tests) return crypto::WipingBytes(sealed.begin(), sealed.end());
  return crypto::open(*key.key_, place(key.uuid_, table, column, id), sealed);
}

Vault::Lookup Vault::lookup(const AccountKey& key, std::string_view label,
                            base::ByteView value) const {
  return crypto::lookup_hash(*key.key_, base::as_bytes(label), value);
}

}  // namespace store
