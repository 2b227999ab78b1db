#include "crypto/envelope.h"

#include <sodium.h>

#include <algorithm>
#include <bit>

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

namespace crypto {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kSealBytes = crypto_box_curve25519xchacha20poly1305_SEALBYTES;
constexpr std::size_t kInsideHead = 1 + 16 + 4;
constexpr std::size_t kLeast = 256;

}  // namespace

std::size_t padded_size(std::size_t size) {
  if (size <= kLeast) return kLeast;
  // PADMÉ: of a size with exponent E, keep only the topmost 1 + log2(E) bits of the mantissa.
  const int exponent = static_cast<int>(std::bit_width(size)) - 1;
  const int kept = static_cast<int>(std::bit_width(static_cast<unsigned>(exponent)));
  const std::size_t mask = (std::size_t{1} << (exponent - kept)) - 1;
  return (size + mask) & ~mask;
}

base::Result<base::Bytes> seal_envelope(const X25519Public& recipient, std::uint8_t kind,
                                        const EnvelopeTag& tag, base::ByteView body) {
  if (body.size() > kMaxEnvelopeBody) {
    return base::fail(base::Errc::too_large,
                      "an envelope holds at most " + std::to_string(kMaxEnvelopeBody) + " bytes");
  }
  WipingBytes inside;
  inside.reserve(padded_size(kInsideHead + body.size()));
  inside.push_back(kind);
  inside.insert(inside.end(), tag.begin(), tag.end());
  for (int shift = 24; shift >= 0; shift -= 8) {
    inside.push_back(static_cast<std::uint8_t>(body.size() >> shift));
  }
  inside.insert(inside.end(), body.begin(), body.end());
  inside.resize(padded_size(inside.size()));

  base::Bytes out(1 + inside.size() + kSealBytes);
  out[0] = kVersion;
  if (crypto_box_curve25519xchacha20poly1305_seal(out.data() + 1, inside.data(), inside.size(),
                                                  recipient.bytes.data()) != 0) {
    return base::fail(base::Errc::invalid_argument, "the recipient's key is not a valid one");
  }
  return out;
}

base::Result<OpenedEnvelope> open_envelope(const Identity& recipient, base::ByteView envelope) {
  constexpr std::size_t kHead = 1 + kSealBytes;
  if (envelope.size() < kHead + kLeast || envelope.size() > kMaxEnvelope ||
      envelope[0] != kVersion) {
    return could_not_open();
  }
  WipingBytes inside(envelope.size() - kHead);
  if (crypto_box_curve25519xchacha20poly1305_seal_open(
          inside.data(), envelope.data() + 1, envelope.size() - 1,
          recipient.x25519_public().bytes.data(), recipient.x25519_secret().view().data()) != 0) {
    return could_not_open();
  }
  base::WireReader in(inside);
  OpenedEnvelope out;
  out.kind = in.u8();
  out.tag = in.array<16>();
  const base::ByteView body = in.bytes(kMaxEnvelopeBody);
  const base::ByteView padding = in.rest();
  const bool zeros =
      std::all_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte == 0; });
  if (!in.done() || !zeros || inside.size() != padded_size(kInsideHead + body.size())) {
    return could_not_open();
  }
  const std::size_t size = body.size();
  inside.erase(inside.begin(), inside.begin() + kInsideHead);  // in place: a part's body is large
  inside.resize(size);
  out.body = std::move(inside);
  return out;
}

EnvelopeId envelope_id(base::ByteView envelope) { return blake2b<32>(envelope); }

}  // namespace crypto
