#include "crypto/envelope.h"

#include <sodium.h>

#include <algorithm>
#include <bit>

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

namespace crypto {
namespace {

constexpr std::uint8_t kEnvelopeVersion = 1;
constexpr std::size_t kSealBytes = crypto_box_curve25519xchacha20poly1305_SEALBYTES;
constexpr std::size_t kInsideHead = 1 + 16 + 4;
constexpr std::size_t kLeastInside = 256;
static_assert(kEnvelopeBodyAt == 1 + kSealBytes + kInsideHead);

}  // namespace

std::size_t padded_size(std::size_t size) {
  if (size <= kLeastInside) return kLeastInside;
  // PADMÉ: of a size with exponent E, keep only the topmost 1 + log2(E) bits of the mantissa.
  const int exponent = static_cast<int>(std::bit_width(size)) - 1;
  const int kept = static_cast<int>(std::bit_width(static_cast<unsigned>(exponent)));
  const std::size_t mask = (std::size_t{1} << (exponent - kept)) - 1;
  return (size + mask) & ~mask;
}

std::size_t envelope_size(std::size_t body_size) {
  return 1 + kSealBytes + padded_size(kInsideHead + body_size);
}

base::Result<> seal_envelope_in_place(std::span<std::uint8_t> envelope, std::size_t body_size,
                                      const X25519Public& recipient, std::uint8_t kind,
                                      const EnvelopeTag& tag) {
  if (body_size > kMaxEnvelopeBody) {
    return base::fail(base::Errc::too_large,
                      "an envelope holds at most " + std::to_string(kMaxEnvelopeBody) + " bytes");
  }
  if (envelope.size() != envelope_size(body_size)) {
    return base::fail(base::Errc::internal, "an envelope's size does not fit its body");
  }
  const auto inside = envelope.subspan(1 + kSealBytes);
  inside[0] = kind;
  std::copy(tag.begin(), tag.end(), inside.begin() + 1);
  for (std::size_t i = 0; i < 4; ++i) {
    inside[17 + i] = static_cast<std::uint8_t>(body_size >> (24 - 8 * i));
  }
  std::fill(inside.begin() + static_cast<std::ptrdiff_t>(kInsideHead + body_size), inside.end(), 0);
  envelope[0] = kEnvelopeVersion;
  // libsodium seals in place when the text stands where the sealed one will.
  if (crypto_box_curve25519xchacha20poly1305_seal(envelope.data() + 1, inside.data(), inside.size(),
                                                  recipient.bytes.data()) != 0) {
    wipe(inside);
    return base::fail(base::Errc::invalid_argument, "the recipient's key is not a valid one");
  }
  return {};
}

base::Result<base::Bytes> seal_envelope(const X25519Public& recipient, std::uint8_t kind,
                                        const EnvelopeTag& tag, base::ByteView body) {
  base::Bytes out(envelope_size(std::min(body.size(), kMaxEnvelopeBody)));
  if (body.size() <= kMaxEnvelopeBody) {
    std::copy(body.begin(), body.end(), out.begin() + kEnvelopeBodyAt);
  }
  EDGE_CHECK(seal_envelope_in_place(out, body.size(), recipient, kind, tag));
  return out;
}

base::Result<EnvelopeInside> open_envelope_into(WipingBytes& scratch, const Identity& recipient,
                                                base::ByteView envelope) {
  constexpr std::size_t kHead = 1 + kSealBytes;
  if (envelope.size() < kHead + kLeastInside || envelope.size() > kMaxEnvelope ||
      envelope[0] != kEnvelopeVersion) {
    return could_not_open();
  }
  const std::size_t size = envelope.size() - kHead;
  if (scratch.size() < size) scratch.resize(size);
  const auto inside = std::span(scratch).first(size);
  if (crypto_box_curve25519xchacha20poly1305_seal_open(
          inside.data(), envelope.data() + 1, envelope.size() - 1,
          recipient.x25519_public().bytes.data(), recipient.x25519_secret().view().data()) != 0) {
    return could_not_open();
  }
  base::WireReader in(inside);
  EnvelopeInside out;
  out.kind = in.u8();
  out.tag = in.array<16>();
  out.body = in.bytes(kMaxEnvelopeBody);
  const base::ByteView padding = in.rest();
  const bool zeros =
      std::all_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte == 0; });
  if (!in.done() || !zeros || size != padded_size(kInsideHead + out.body.size())) {
    return could_not_open();
  }
  return out;
}

base::Result<OpenedEnvelope> open_envelope(const Identity& recipient, base::ByteView envelope) {
  WipingBytes scratch;
  EDGE_TRY(const EnvelopeInside inside, open_envelope_into(scratch, recipient, envelope));
  return OpenedEnvelope{inside.kind, inside.tag,
                        WipingBytes(inside.body.begin(), inside.body.end())};
}

EnvelopeId envelope_id(base::ByteView envelope) { return blake2b<32>(envelope); }

}  // namespace crypto
