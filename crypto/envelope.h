// The outer envelope: what a relay sees of a message. It hides the sender, the kind and, within
// steps, the size.
//
//   envelope = version u8 (1) | crypto_box_curve25519xchacha20poly1305_seal to the recipient's key
//   inside   = kind u8 | tag 16 | body length u32 big-endian | body | zeros
//
// The inside is padded to at least 256 bytes and to a PADMÉ length (Nikitin et al., "Reducing
// Metadata Leakage from Encrypted Files and Communication with PURBs", 2019): at most 12 % more,
// and only O(log log) bits of the size remain. Padding that is not as we write it is refused.
//
// Kinds and tags belong to messaging; a tag is chosen by the receiver per session (decision 12).
// Safe from any thread. Opening costs one X25519 agreement, some 50 us.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/identity.h"
#include "crypto/wiping.h"

namespace crypto {

inline constexpr std::size_t kMaxEnvelopeBody = 1024 * 1024 + 16 * 1024;
inline constexpr std::size_t kMaxEnvelope = 1024 * 1024 + 64 * 1024;

using EnvelopeTag = std::array<std::uint8_t, 16>;
using EnvelopeId = std::array<std::uint8_t, 32>;

struct OpenedEnvelope {
  std::uint8_t kind = 0;
  EnvelopeTag tag{};
  WipingBytes body;
};

// The same with its body still in the memory it was opened in.
struct EnvelopeInside {
  std::uint8_t kind = 0;
  EnvelopeTag tag{};
  base::ByteView body;
};

// Errc::too_large over kMaxEnvelopeBody, Errc::invalid_argument for a recipient's key of low order.
base::Result<base::Bytes> seal_envelope(const X25519Public& recipient, std::uint8_t kind,
                                        const EnvelopeTag& tag, base::ByteView body);
// Errc::sealed "could not open" whatever the reason.
base::Result<OpenedEnvelope> open_envelope(const Identity& recipient, base::ByteView envelope);

// Seals one envelope as seal_envelope() does, with its key agreement made beforehand: what is left
// is symmetric work, for where others wait.
class EnvelopeSealer {
 public:
  // Errc::invalid_argument for a recipient's key of low order.
  static base::Result<EnvelopeSealer> to(const X25519Public& recipient);
  // Once: another envelope under this key is refused (Errc::internal).
  base::Result<base::Bytes> seal(std::uint8_t kind, const EnvelopeTag& tag, base::ByteView body);

 private:
  EnvelopeSealer() = default;

  X25519Public ephemeral_;
  WipingArray<32> key_;
  std::array<std::uint8_t, 24> nonce_{};
  bool used_ = false;
};

// For large bodies, which are neither copied nor given new memory each time. The body stands in its
// place in the envelope when it is sealed where it is, and in `scratch`, which grows as needed and
// may be used again, when it was opened: good until then.
inline constexpr std::size_t kEnvelopeBodyAt = 1 + 48 + 21;
std::size_t envelope_size(std::size_t body_size);
// `envelope` has envelope_size(body_size) bytes. Errors as of seal_envelope().
base::Result<> seal_envelope_in_place(std::span<std::uint8_t> envelope, std::size_t body_size,
                                      const X25519Public& recipient, std::uint8_t kind,
                                      const EnvelopeTag& tag);
base::Result<EnvelopeInside> open_envelope_into(WipingBytes& scratch, const Identity& recipient,
                                                base::ByteView envelope);

// BLAKE2b-256 of the whole envelope. Record it only after the envelope opened.
EnvelopeId envelope_id(base::ByteView envelope);

// The size that `size` is padded to.
std::size_t padded_size(std::size_t size);

}  // namespace crypto
