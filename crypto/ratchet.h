// Ratchet: the Double Ratchet with header encryption, as in Signal's specification ("The Double
// Ratchet Algorithm", revision 1, section 4), with X25519, HKDF- and HMAC-SHA-256 and
// XChaCha20-Poly1305. Every message has a key of its own that is gone once it was used; each change
// of direction mixes in a fresh agreement, so that a copied state heals.
//
//   message = version u8 (1) | nonce 24, random | sealed header 40 + 16 | sealed body, n + 16
//   header  = ratchet key 32 | length of the previous sending chain u32 | number in this chain u32
//
// Integers are big-endian. Header and body are sealed under different keys with the one nonce: the
// header under the chain's header key with version u8 as associated data; the body under the
// message key with u32 length | caller's ad | version u8 | nonce | sealed header. The random nonce
// means that a store restored from an old copy repeats no key and nonce together (decision 9).
//
//   start:   root 32 | joiner's header key 32 | inviter's next header key 32 =
//            HKDF(ikm = initiator_to_responder | responder_to_initiator, salt = handshake hash,
//                 info = "privitty-edge ratchet start v1")
//   root:    root 32 | chain 32 | next header key 32 =
//            HKDF(ikm = X25519, salt = root, info = "privitty-edge ratchet root v1")
//   chain:   message key = HMAC(chain, 0x01), next chain = HMAC(chain, 0x02)
//
// The state is small and holds no skipped keys (crypto/skipped_keys.h has them). One thread at a
// time. It changes in memory only; decision 2 says when that may be kept: copy, encrypt or decrypt
// on the copy, save() it in the transaction, and swap it in after COMMIT.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/chain_walk.h"
#include "crypto/identity.h"
#include "crypto/noise.h"
#include "crypto/skipped_keys.h"
#include "crypto/wiping.h"

namespace crypto {

inline constexpr std::size_t kRatchetOverhead = 1 + 24 + (40 + 16) + 16;
inline constexpr std::uint32_t kMaxRatchetSteps = 100'000;  // skipped over by one message
inline constexpr std::size_t kMaxSkippedKeys = 2'000;       // of one session
inline constexpr std::size_t kMaxOldEpochs = 32;

namespace detail {
// A receiving chain, kept when it is over while messages of it may still come. (Not nested: clang
// 14 does not default-construct nested classes with initialisers inside std::optional.)
struct RatchetEpoch {
  std::uint64_t id = 0;
  WipingArray<32> header_key;
  std::uint32_t skipped = 0;  // keys put and not yet used; some of them may have been dropped
};
}  // namespace detail

struct RatchetKeyPair {
  WipingArray<32> secret;
  X25519Public public_key;
  static RatchetKeyPair generate();
};

class Ratchet {
 public:
  // The joiner's side, from the ratchet key in message 2: it may send at once. Errc::sealed when
  // the remote key is of low order.
  static base::Result<Ratchet> initiate(base::ByteView handshake_hash, const SplitKeys& keys,
                                        const X25519Public& remote_ratchet_key);
  // The inviter's side, with the pair whose public key went into message 2: it may send once a
  // message opened.
  static Ratchet respond(base::ByteView handshake_hash, const SplitKeys& keys,
                         const RatchetKeyPair& own);

  bool can_send() const { return sending_.has_value(); }

  // Errc::unavailable until can_send().
  base::Result<base::Bytes> encrypt(base::ByteView plain, base::ByteView ad);

  // Errc::sealed for whatever does not open: damage, a foreign or repeated message, a gap of more
  // than kMaxRatchetSteps; other errors are those of `skipped`. Either leaves the state unchanged.
  base::Result<WipingBytes> decrypt(base::ByteView message, base::ByteView ad,
                                    SkippedKeys& skipped);

  // The walks that decrypt(message) takes over messages that did not come: none for a message that
  // is next in its chain, is late, or does not open; two when it also ends the present chain. What
  // the sender claims is bounded (kMaxRatchetSteps together) and not proven yet.
  std::vector<ChainWalk> walks_to(base::ByteView message) const;
  // The same as decrypt() with the walks of walks_to(), done; Errc::unavailable when one is missing
  // or unfinished, because the state has moved since.
  base::Result<WipingBytes> decrypt_walked(base::ByteView message, base::ByteView ad,
                                           SkippedKeys& skipped, std::span<const ChainWalk> walks);

  //   saved form: version u8 (1) | root 32 | own ratchet secret 32 | own ratchet key 32 |
  //     remote ratchet key 0/1 + 32 | sending chain 0/1 + (chain 32 | header key 32) | receiving
  //     chain 0/1 + (chain 32 | header key 32 | epoch u64 | skipped u32) | next sending header key
  //     32 | next receiving header key 32 | sent u32 | received u32 | previous sent u32 | next
  //     epoch u64 | old epochs u8 | each: header key 32 | epoch u64 | skipped u32
  // What is absent (0) is zeros, so 357 bytes and 44 for each old epoch.
  WipingBytes save() const;
  // Errc::corrupt for anything save() does not write.
  static base::Result<Ratchet> load(base::ByteView saved);

 private:
  struct Sending {
    WipingArray<32> chain;
    WipingArray<32> header_key;
  };
  using Epoch = detail::RatchetEpoch;
  struct Receiving {
    WipingArray<32> chain;
    Epoch epoch;
  };
  struct Header;
  struct Changes;  // what an opened message asks of the SkippedKeys

  Ratchet() = default;
  base::Result<WipingBytes> open(base::ByteView message, base::ByteView ad, SkippedKeys& skipped,
                                 Changes& changes);
  // The key of a message that comes late, if its epoch kept it.
  base::Result<MessageKey> late_key(Epoch& epoch, std::uint32_t n, SkippedKeys& skipped,
                                    Changes& changes);
  // The key of message n in the receiving chain, which moves past it.
  base::Result<MessageKey> key_at(std::uint32_t n, Changes& changes);
  base::Result<> skip_to(std::uint32_t n, Changes& changes);
  base::Result<> turn(const Header& header, Changes& changes);
  base::Result<> retire_receiving(const Header& header, Changes& changes);
  // Whether the end of the receiving chain is walked to when `header` begins the next one.
  bool ends_within_reach(const Header& header) const;
  base::Result<WipingBytes> decrypt_with(base::ByteView message, base::ByteView ad,
                                         SkippedKeys& skipped, Changes& changes);
  // Mixes the agreement of own_ and remote_ into root_.
  base::Result<> mix_root(WipingArray<32>& chain, WipingArray<32>& next_header_key);

  WipingArray<32> root_;
  RatchetKeyPair own_;
  std::optional<X25519Public> remote_;
  std::optional<Sending> sending_;
  std::optional<Receiving> receiving_;
  WipingArray<32> next_sending_header_key_;
  WipingArray<32> next_receiving_header_key_;
  std::uint32_t sent_ = 0;           // in the sending chain
  std::uint32_t received_ = 0;       // in the receiving chain, skipped ones too
  std::uint32_t previous_sent_ = 0;  // the length of the sending chain before this one
  std::uint64_t next_epoch_ = 1;
  std::vector<Epoch> old_epochs_;  // the oldest first
};

}  // namespace crypto
