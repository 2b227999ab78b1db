#include "crypto/seal.h"

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/keyed_hash.h"
#include "crypto/random.h"

namespace crypto {
namespace {

constexpr std::uint8_t kSealVersion = 1;

base::Bytes versioned(base::ByteView ad) {
  base::Bytes out;
  out.reserve(1 + ad.size());
  out.push_back(kSealVersion);
  out.insert(out.end(), ad.begin(), ad.end());
  return out;
}

}  // namespace

base::Error could_not_open() { return base::fail(base::Errc::sealed, "could not open"); }

RecordKey RecordKey::derive(base::ByteView context) const {
  base::Bytes message = base::to_bytes("privitty-edge subkey v1");
  message.insert(message.end(), context.begin(), context.end());
  Hash32 key = blake2b<32>(message, key_.view());
  RecordKey out{Secret<32>(key)};
  wipe(key);
  return out;
}

base::Bytes seal(const RecordKey& key, base::ByteView ad, base::ByteView plain) {
  base::Bytes out(kSealOverhead + plain.size());
  out[0] = kSealVersion;
  random_bytes(std::span(out).subspan(1, aead::kNonce));
  aead::seal(out.data() + 1 + aead::kNonce, plain, versioned(ad), out.data() + 1,
             key.secret().view());
  return out;
}

base::Result<WipingBytes> open(const RecordKey& key, base::ByteView ad, base::ByteView sealed) {
  if (sealed.size() < kSealOverhead || sealed[0] != kSealVersion) return could_not_open();
  WipingBytes out(sealed.size() - kSealOverhead);
  if (!aead::open(out.data(), sealed.subspan(1 + aead::kNonce), versioned(ad), sealed.data() + 1,
                  key.secret().view())) {
    return could_not_open();
  }
  return out;
}

LookupHash lookup_hash(const RecordKey& key, base::ByteView label, base::ByteView value) {
  std::array<std::uint8_t, 4> label_size{};
  for (std::size_t i = 0; i < label_size.size(); ++i) {
    label_size[i] = static_cast<std::uint8_t>(label.size() >> (24 - 8 * i));
  }
  const std::array<base::ByteView, 4> pieces{base::as_bytes("privitty-edge lookup v1"), label_size,
                                             label, value};
  return keyed_hash(pieces, key.secret().view());
}

}  // namespace crypto
