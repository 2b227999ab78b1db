#include "crypto/ratchet_parts.h"

#include <array>

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/seal.h"

namespace crypto::ratchet {
namespace {

constexpr std::array<std::uint8_t, 1> kHeaderAd{kVersion};

base::Bytes body_ad(base::ByteView ad, base::ByteView prefix) {
  base::WireWriter out;
  out.bytes(ad).fixed(prefix);
  return out.take();
}

WipingArray<32> hmac(const WipingArray<32>& chain, std::uint8_t constant) {
  Hash32 hash = hmac_sha256(chain, base::ByteView(&constant, 1));
  WipingArray<32> out(hash);
  wipe(hash);
  return out;
}

}  // namespace

std::optional<MessageView> view_message(base::ByteView message) {
  if (message.size() < kRatchetOverhead || message[0] != kVersion) return std::nullopt;
  return MessageView{.nonce = message.subspan(1, aead::kNonce),
                     .header = message.subspan(1 + aead::kNonce, kSealedHeader),
                     .body = message.subspan(kPrefix),
                     .prefix = message.first(kPrefix)};
}

std::optional<HeaderFields> open_header(const MessageView& message,
                                        const WipingArray<32>& header_key) {
  std::array<std::uint8_t, kHeader> plain{};
  if (!aead::open(plain.data(), message.header, kHeaderAd, message.nonce.data(), header_key)) {
    return std::nullopt;
  }
  base::WireReader in(plain);
  HeaderFields out;
  out.key.bytes = in.array<32>();
  out.previous = in.u32();
  out.n = in.u32();
  return out;
}

base::Result<WipingBytes> open_body(const MessageView& message, const MessageKey& key,
                                    base::ByteView ad) {
  WipingBytes out(message.body.size() - aead::kTag);
  if (!aead::open(out.data(), message.body, body_ad(ad, message.prefix), message.nonce.data(),
                  key)) {
    return could_not_open();
  }
  return out;
}

base::Bytes seal_message(const HeaderFields& header, const WipingArray<32>& header_key,
                         const MessageKey& key, base::ByteView plain, base::ByteView ad) {
  base::Bytes out(kRatchetOverhead + plain.size());
  out[0] = kVersion;
  const std::span<std::uint8_t> nonce = std::span(out).subspan(1, aead::kNonce);
  random_bytes(nonce);
  base::WireWriter fields;
  fields.fixed(header.key.bytes).u32(header.previous).u32(header.n);
  aead::seal(nonce.data() + nonce.size(), fields.view(), kHeaderAd, nonce.data(), header_key);
  aead::seal(out.data() + kPrefix, plain, body_ad(ad, std::span(out).first(kPrefix)), nonce.data(),
             key);
  return out;
}

MessageKey message_key(const WipingArray<32>& chain) { return hmac(chain, 1); }
void advance(WipingArray<32>& chain) { chain = hmac(chain, 2); }

}  // namespace crypto::ratchet
