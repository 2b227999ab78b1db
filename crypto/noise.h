// Handshake: the Noise Protocol Framework (revision 34) with 25519, ChaChaPoly and SHA256.
//
// Secure join is IKpsk2, the joiner first (decision 8); a session between known identities is
// renewed by IK. Each message and its payload are at most 65535 bytes; what a message adds to its
// payload follows from its tokens (IKpsk2: 96 bytes in message 1, 48 in message 2).
//
// A Handshake is one side of one run, used by one thread at a time. A read that fails changes
// nothing: a forged message 2 does not end a pending join. save() holds every secret of the run,
// the static key too: keep it sealed. Copying is left out because two copies that write would use
// one nonce twice.
//
//   saved form: version u8 (1) | pattern u8 | role u8 | messages so far u8 | cipher key present u8
//   |
//               cipher key 32 | nonce u64 | chaining key 32 | hash 32 | static key present u8 | 32
//               | ephemeral present u8 | 32 | remote static present u8 | 32 | remote ephemeral
//               present u8 | 32 | psk present u8 | 32 274 bytes
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/identity.h"
#include "crypto/secret.h"
#include "crypto/wiping.h"

namespace crypto {

enum class NoisePattern : std::uint8_t {
  NK = 1,
  IK = 2,
  IKpsk1 = 3,
  IKpsk2 = 4,
  XX = 5,
  XXpsk3 = 6
};
enum class NoiseRole : std::uint8_t { initiator = 0, responder = 1 };

inline constexpr std::size_t kMaxNoiseMessage = 65535;

// "Noise_IKpsk2_25519_ChaChaPoly_SHA256"
std::string_view name_of(NoisePattern pattern);

struct HandshakeOptions {
  const Secret<32>* static_key = nullptr;  // our X25519 secret, where the pattern has one
  std::optional<X25519Public> remote_static =
      std::nullopt;         // where the pattern knows it beforehand
  base::ByteView psk = {};  // empty or 32 bytes
  base::ByteView prologue = {};
  base::ByteView fixed_ephemeral = {};  // 32 bytes: for published vectors only
};

// The keys for what comes after, named by direction.
struct SplitKeys {
  Secret<32> initiator_to_responder;
  Secret<32> responder_to_initiator;
};

class Handshake {
 public:
  // Errc::invalid_argument when a key that the pattern needs is missing. The psk may come later, by
  // set_psk(): a responder learns from message 1 which one it is.
  static base::Result<Handshake> start(NoisePattern pattern, NoiseRole role,
                                       const HandshakeOptions& options);
  Handshake(Handshake&&) noexcept = default;
  Handshake& operator=(Handshake&&) noexcept = default;
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  base::Result<> set_psk(base::ByteView psk);

  // Makes the key agreements of the next message, which write() then need not make: they do not
  // depend on its payload. Errors as of write(). save() leaves them out.
  base::Result<> agree();
  // The next message. Errc::invalid_argument out of turn, for a missing psk or an overlong payload;
  // Errc::sealed when an agreement with the other's key is all zero.
  base::Result<base::Bytes> write(base::ByteView payload);
  // The payload of the other's next message. Errc::sealed for whatever is wrong with the message.
  base::Result<WipingBytes> read(base::ByteView message);

  bool my_turn() const;   // write() comes next
  bool finished() const;  // both sides have the keys
  NoisePattern pattern() const { return state_.pattern; }
  NoiseRole role() const { return state_.role; }
  // The other's static key once known: given, or learnt by a read that succeeded.
  const std::optional<X25519Public>& remote_static() const { return state_.remote_static; }
  // Binds a channel to this run; equal on both sides. Final once finished().
  const std::array<std::uint8_t, 32>& handshake_hash() const { return state_.hash; }
  // Errc::invalid_argument until finished().
  base::Result<SplitKeys> split() const;

  WipingBytes save() const;
  // Errc::corrupt for anything save() does not write.
  static base::Result<Handshake> load(base::ByteView saved);

  // What a side knows; copied so that a step can be undone.
  struct State {
    NoisePattern pattern{};
    NoiseRole role{};
    std::uint8_t messages = 0;  // written and read so far
    std::optional<WipingArray<32>> cipher_key;
    std::uint64_t nonce = 0;
    WipingArray<32> chaining_key;
    std::array<std::uint8_t, 32> hash{};
    std::optional<WipingArray<32>> static_key;
    std::optional<WipingArray<32>> ephemeral;
    std::optional<X25519Public> remote_static;
    std::optional<X25519Public> remote_ephemeral;
    std::optional<WipingArray<32>> psk;
  };

 private:
  // The next message up to its payload, and the state behind that.
  struct Agreed {
    State state;
    base::Bytes message;
  };

  explicit Handshake(State state) : state_(std::move(state)) {}
  State state_;
  std::optional<Agreed> agreed_;                    // for the next write()
  std::optional<WipingArray<32>> fixed_ephemeral_;  // tests only; not saved
};

}  // namespace crypto
