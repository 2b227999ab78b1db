// The parts of a Ratchet that are one format each: message header, wire form, key derivations.
// Within this room.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/ratchet.h"

namespace crypto::ratchet {

inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kHeader = 32 + 4 + 4;
inline constexpr std::size_t kSealedHeader = kHeader + aead::kTag;
inline constexpr std::size_t kPrefix = 1 + aead::kNonce + kSealedHeader;
static_assert(kRatchetOverhead == kPrefix + aead::kTag);

struct HeaderFields {
  X25519Public key;            // of the sender's present pair
  std::uint32_t previous = 0;  // how many messages the sender's previous chain had
  std::uint32_t n = 0;         // which message of this chain
};

// Views into a message that has the right version and length.
struct MessageView {
  base::ByteView nonce;
  base::ByteView header;
  base::ByteView body;
  base::ByteView prefix;  // all before the body
};
std::optional<MessageView> view_message(base::ByteView message);

std::optional<HeaderFields> open_header(const MessageView& message,
                                        const WipingArray<32>& header_key);
base::Result<WipingBytes> open_body(const MessageView& message, const MessageKey& key,
                                    base::ByteView ad);
base::Bytes seal_message(const HeaderFields& header, const WipingArray<32>& header_key,
                         const MessageKey& key, base::ByteView plain, base::ByteView ad);

// The message key of this link of a chain; the chain moves on.
MessageKey message_key(const WipingArray<32>& chain);
void advance(WipingArray<32>& chain);

}  // namespace crypto::ratchet
