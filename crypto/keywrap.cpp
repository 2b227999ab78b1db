#include "crypto/keywrap.h"

#include <sodium.h>

#include <algorithm>

#include "base/wire.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/seal.h"

namespace crypto {
namespace {

constexpr std::uint8_t kWrapVersion = 1;
constexpr std::size_t kSealedKey = aead::kNonce + 32 + aead::kTag;
constexpr std::size_t kKeyFileHead = 2;
constexpr std::size_t kPassphraseHead = 2 + 4 + 4 + kPassphraseSalt;

// head | nonce | sealed data key
base::Bytes finish(base::Bytes head, const Secret<32>& data_key, const Secret<32>& wrapping) {
  const std::size_t size = head.size();
  base::Bytes out(size + kSealedKey);
  std::copy(head.begin(), head.end(), out.begin());
  random_bytes(std::span(out).subspan(size, aead::kNonce));
  aead::seal(out.data() + size + aead::kNonce, data_key.view(), head, out.data() + size,
             wrapping.view());
  return out;
}

base::Result<Secret<32>> begin(base::ByteView blob, std::size_t head, const Secret<32>& wrapping) {
  Secret<32> out;
  if (!aead::open(out.mutable_view().data(), blob.subspan(head + aead::kNonce), blob.first(head),
                  blob.data() + head, wrapping.view())) {
    return could_not_open();
  }
  return out;
}

Secret<32> from_key_file(const Secret<32>& key) {
  Hash32 hash = blake2b<32>(base::as_bytes("privitty-edge key wrap v1"), key.view());
  Secret<32> out(hash);
  wipe(hash);
  return out;
}

bool within(PassphraseCost cost, PassphraseCost most) {
  return cost.ops >= kMinPassphraseCost.ops && cost.ops <= most.ops &&
         cost.memory_kib >= kMinPassphraseCost.memory_kib && cost.memory_kib <= most.memory_kib;
}

}  // namespace

std::optional<WrapKind> wrap_kind(base::ByteView blob) {
  if (blob.size() < 2 || blob[0] != kWrapVersion) return std::nullopt;
  if (blob[1] == 1 && blob.size() == kKeyFileHead + kSealedKey) return WrapKind::key_file;
  if (blob[1] == 2 && blob.size() == kPassphraseHead + kSealedKey) return WrapKind::passphrase;
  return std::nullopt;
}

base::Bytes wrap_with_key(const Secret<32>& data_key, const Secret<32>& wrapping_key) {
  return finish({kWrapVersion, static_cast<std::uint8_t>(WrapKind::key_file)}, data_key,
                from_key_file(wrapping_key));
}

base::Result<Secret<32>> unwrap_with_key(base::ByteView blob, const Secret<32>& wrapping_key) {
  if (wrap_kind(blob) != WrapKind::key_file) return could_not_open();
  return begin(blob, kKeyFileHead, from_key_file(wrapping_key));
}

base::Result<base::Bytes> wrap_with_passphrase(const Secret<32>& data_key,
                                               base::ByteView passphrase, PassphraseCost cost) {
  if (passphrase.empty()) {
    return base::fail(base::Errc::invalid_argument, "the passphrase is empty");
  }
  if (!within(cost, kMaxPassphraseCost)) {
    return base::fail(base::Errc::invalid_argument,
                      "the passphrase cost must be 1 to 16 passes over 8 KiB to 1 GiB");
  }
  const auto salt = random_array<kPassphraseSalt>();
  base::WireWriter head;
  head.u8(kWrapVersion).u8(static_cast<std::uint8_t>(WrapKind::passphrase));
  head.u32(cost.ops).u32(cost.memory_kib).fixed(salt);
  EDGE_TRY(const Secret<32> wrapping, key_from_passphrase(passphrase, salt, cost));
  return finish(head.take(), data_key, wrapping);
}

base::Result<Secret<32>> unwrap_with_passphrase(base::ByteView blob, base::ByteView passphrase,
                                                PassphraseCost most) {
  if (wrap_kind(blob) != WrapKind::passphrase || passphrase.empty()) return could_not_open();
  base::WireReader in(blob);
  in.fixed(2);
  PassphraseCost cost;
  cost.ops = in.u32();
  cost.memory_kib = in.u32();
  if (!within(cost, most)) return could_not_open();
  EDGE_TRY(const Secret<32> wrapping,
           key_from_passphrase(passphrase, in.fixed(kPassphraseSalt), cost));
  return begin(blob, kPassphraseHead, wrapping);
}

}  // namespace crypto
