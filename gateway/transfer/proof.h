// Proof: that both ends of a connection know the secret of a transfer, and the keys of the channel.
//
// Noise_XXpsk3_25519_ChaChaPoly_SHA256, the taker first; the secret is the psk, static keys are
// made for this run and say nothing, the prologue is "privitty-edge transfer v1". Each message is
// u16 length and its bytes. Whoever does not know the secret gets through no message 3, and what a
// stranger recorded opens with no secret that becomes known later. Behind message 3
// the giver sends 16 bytes, BLAKE2b of "privitty-edge transfer proven" under the key of what it
// will send, by which the taker knows at once that both have the same secret. What follows is
// sealed with the two keys of the split (crypto/backup_stream.h).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/backup_stream.h"
#include "crypto/noise.h"
#include "messaging/api/transfer_port.h"

namespace gateway::transfer {

struct ChannelKeys {
  crypto::BackupKey to_taker;
  crypto::BackupKey to_giver;
};

using ProofSeen = std::array<std::uint8_t, 16>;
ProofSeen proof_seen(const ChannelKeys& keys);

inline constexpr std::size_t kMaxProof = 256;  // bytes of one message, without its length

class Proof {
 public:
  static base::Result<Proof> start(crypto::NoiseRole role, const messaging::TransferSecret& secret);

  bool my_turn() const { return handshake_.my_turn(); }
  bool finished() const { return handshake_.finished(); }
  base::Result<base::Bytes> write();            // with its length
  base::Result<> read(base::ByteView message);  // without
  base::Result<ChannelKeys> keys() const;       // once finished

 private:
  explicit Proof(crypto::Handshake handshake) : handshake_(std::move(handshake)) {}
  crypto::Handshake handshake_;
};

}  // namespace gateway::transfer
