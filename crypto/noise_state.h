// What one side of a Noise handshake does to its state, in the words of the specification (sections
// 5.2 and 5.3: SymmetricState and the tokens of HandshakeState). Every function works on the state
// it is given and may leave it half done when it fails: callers work on a copy. Within this room.
#pragma once

#include "crypto/noise.h"
#include "crypto/noise_patterns.h"

namespace crypto::noise {

using State = Handshake::State;

void initialize(State& state, std::string_view protocol_name);
void mix_hash(State& state, base::ByteView data);
void mix_key(State& state, base::ByteView material);
void mix_key_and_hash(State& state, base::ByteView material);
void encrypt_and_hash(State& state, base::ByteView plain, base::Bytes& out);
base::Result<WipingBytes> decrypt_and_hash(State& state, base::ByteView sealed);

// The key agreement (ee, es, se, ss) of a token, mixed in.
base::Result<> mix_agreement(State& state, NoiseToken token);

}  // namespace crypto::noise
