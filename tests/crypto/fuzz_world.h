// The fixed keys that the fuzz targets and their corpora share, so that a corpus file that is a
// valid message stays one.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "crypto/envelope.h"
#include "crypto/noise.h"
#include "crypto/ratchet.h"

namespace fuzz_world {

// Unlike assert, in every build.
inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline crypto::Secret<32> secret(std::uint8_t fill) {
  crypto::Secret<32> out;
  for (std::uint8_t& byte : out.mutable_view()) byte = fill;
  return out;
}

inline const crypto::Identity& recipient() {
  static const crypto::Identity out = crypto::Identity::from_seed(secret(1).view());
  return out;
}

inline crypto::Handshake handshake(crypto::NoisePattern pattern, crypto::NoiseRole role) {
  using crypto::NoisePattern;
  static const crypto::Secret<32> initiator = secret(2);
  static const crypto::Secret<32> responder = secret(3);
  static const base::Bytes psk(32, 4);
  static const base::Bytes ephemerals[2] = {base::Bytes(32, 5), base::Bytes(32, 6)};
  const bool is_initiator = role == crypto::NoiseRole::initiator;
  crypto::HandshakeOptions options;
  options.static_key = is_initiator ? &initiator : &responder;
  if (is_initiator && pattern != NoisePattern::XX && pattern != NoisePattern::XXpsk3) {
    options.remote_static = crypto::x25519_public_of(responder.view());
  }
  if (name_of(pattern).find("psk") != std::string_view::npos) options.psk = psk;
  options.fixed_ephemeral = ephemerals[is_initiator ? 0 : 1];
  return *crypto::Handshake::start(pattern, role, options);
}

inline crypto::RatchetKeyPair ratchet_pair() {
  crypto::RatchetKeyPair out;
  out.secret = crypto::WipingArray<32>(secret(7).view());
  out.public_key = crypto::x25519_public_of(out.secret);
  return out;
}
inline crypto::SplitKeys split_keys() { return {secret(8), secret(9)}; }
inline crypto::Ratchet joiner() {
  return *crypto::Ratchet::initiate(base::Bytes(32, 10), split_keys(), ratchet_pair().public_key);
}
inline crypto::Ratchet inviter() {
  return crypto::Ratchet::respond(base::Bytes(32, 10), split_keys(), ratchet_pair());
}

}  // namespace fuzz_world
