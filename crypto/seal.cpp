#include "crypto/seal.h"

#include "crypto/aead.h"
#include "crypto/hash.h"
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
  // The value is content: it is copied only into memory that wipes itself.
  WipingBytes message;
  const auto purpose = base::as_bytes("privitty-edge lookup v1");
  message.reserve(purpose.size() + 4 + label.size() + value.size());
  message.insert(message.end(), purpose.begin(), purpose.end());
  for (int shift = 24; shift >= 0; shift -= 8) {
    message.push_back(static_cast<std::uint8_t>(label.size() >> shift));
  }
  message.insert(message.end(), label.begin(), label.end());
  message.insert(message.end(), value.begin(), value.end());
  return blake2b<16>(message, key.secret().view());
}

}  // namespace crypto
