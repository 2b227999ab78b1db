#include "gateway/transfer/proof.h"

#include "base/wire.h"
#include "crypto/hash.h"

namespace gateway::transfer {

base::Result<Proof> Proof::start(crypto::NoiseRole role, const messaging::TransferSecret& secret) {
  const auto own = crypto::Secret<32>::random();
  crypto::HandshakeOptions options;
  options.static_key = &own;
  options.psk = secret;
  options.prologue = base::as_bytes("privitty-edge transfer v1");
  EDGE_TRY(auto handshake, crypto::Handshake::start(crypto::NoisePattern::XXpsk3, role, options));
  return Proof(std::move(handshake));
}

base::Result<base::Bytes> Proof::write() {
  EDGE_TRY(const base::Bytes message, handshake_.write({}));
  base::WireWriter out;
  out.u16(static_cast<std::uint16_t>(message.size())).fixed(message);
  return out.take();
}

base::Result<> Proof::read(base::ByteView message) {
  EDGE_CHECK(handshake_.read(message));
  return {};
}

base::Result<ChannelKeys> Proof::keys() const {
  EDGE_TRY(const auto split, handshake_.split());
  return ChannelKeys{crypto::BackupKey::of_transfer(split.responder_to_initiator.view()),
                     crypto::BackupKey::of_transfer(split.initiator_to_responder.view())};
}

ProofSeen proof_seen(const ChannelKeys& keys) {
  return crypto::blake2b<16>(base::as_bytes("privitty-edge transfer proven"), keys.to_taker.secret);
}

}  // namespace gateway::transfer
