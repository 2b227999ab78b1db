#include "crypto/envelope.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "base/wire.h"
#include "crypto/agreement_count.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/seal.h"

namespace crypto {
namespace {

constexpr std::uint8_t kEnvelopeVersion = 1;
constexpr std::size_t kSealBytes = crypto_box_curve25519xchacha20poly1305_SEALBYTES;
constexpr std::size_t kInsideHead = 1 + 16 + 4;
constexpr std::size_t kLeastInside = 256;
constexpr std::size_t kKey = crypto_box_curve25519xchacha20poly1305_PUBLICKEYBYTES;
constexpr std::size_t kNonce = crypto_box_curve25519xchacha20poly1305_NONCEBYTES;
static_assert(kEnvelopeBodyAt == 1 + kSealBytes + kInsideHead);

// Of an envelope with room for a body of this size: the inside but for the body.
base::Result<std::span<std::uint8_t>> lay_out(std::span<std::uint8_t> envelope,
                                              std::size_t body_size, std::uint8_t kind,
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
  return inside;
}

base::Error unusable_key() {
  return base::fail(base::Errc::invalid_argument, "the recipient's key is not a valid one");
}

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
  EDGE_TRY(const auto inside, lay_out(envelope, body_size, kind, tag));
  agreement_count() += 2;
  // libsodium seals in place when the text stands where the sealed one will.
  if (crypto_box_curve25519xchacha20poly1305_seal(envelope.data() + 1, inside.data(), inside.size(),
                                                  recipient.bytes.data()) != 0) {
    wipe(inside);
    return unusable_key();
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

base::Result<EnvelopeSealer> EnvelopeSealer::to(const X25519Public& recipient) {
  EnvelopeSealer out;
  WipingArray<32> secret;
  random_bytes(secret);
  out.ephemeral_ = x25519_public_of(secret);
  ++agreement_count();
  if (crypto_box_curve25519xchacha20poly1305_beforenm(out.key_.data(), recipient.bytes.data(),
                                                      secret.data()) != 0) {
    return unusable_key();
  }
  // As libsodium's sealed boxes make it.
  crypto_generichash_state hash;
  crypto_generichash_init(&hash, nullptr, 0, kNonce);
  crypto_generichash_update(&hash, out.ephemeral_.bytes.data(), kKey);
  crypto_generichash_update(&hash, recipient.bytes.data(), kKey);
  crypto_generichash_final(&hash, out.nonce_.data(), kNonce);
  return out;
}

base::Result<base::Bytes> EnvelopeSealer::seal(std::uint8_t kind, const EnvelopeTag& tag,
                                               base::ByteView body) {
  if (std::exchange(used_, true)) {
    return base::fail(base::Errc::internal, "an envelope's key was used before");
  }
  base::Bytes out(envelope_size(std::min(body.size(), kMaxEnvelopeBody)));
  if (body.size() <= kMaxEnvelopeBody) {
    std::copy(body.begin(), body.end(), out.begin() + kEnvelopeBodyAt);
  }
  EDGE_TRY(const auto inside, lay_out(out, body.size(), kind, tag));
  std::copy(ephemeral_.bytes.begin(), ephemeral_.bytes.end(), out.begin() + 1);
  crypto_box_curve25519xchacha20poly1305_easy_afternm(out.data() + 1 + kKey, inside.data(),
                                                      inside.size(), nonce_.data(), key_.data());
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
  ++agreement_count();
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
