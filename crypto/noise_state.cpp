#include "crypto/noise_state.h"

#include <sodium.h>

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/seal.h"

namespace crypto::noise {
namespace {

constexpr std::size_t kTag = crypto_aead_chacha20poly1305_ietf_ABYTES;

// Section 12.3: 32 zero bits, then the counter little-endian.
std::array<std::uint8_t, 12> nonce_of(std::uint64_t counter) {
  std::array<std::uint8_t, 12> out{};
  for (std::size_t i = 0; i < 8; ++i) out[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return out;
}

// HKDF of the chaining key, as section 4.3 defines it: the same as RFC 5869 with an empty info.
WipingArray<96> derive(const State& state, base::ByteView material) {
  WipingArray<96> out;
  hkdf_sha256(material, state.chaining_key, {}, std::span(out.data(), out.size()));
  return out;
}

}  // namespace

void initialize(State& state, std::string_view protocol_name) {
  const base::ByteView name = base::as_bytes(protocol_name);
  state.hash = {};
  if (name.size() <= state.hash.size()) {
    std::copy(name.begin(), name.end(), state.hash.begin());
  } else {
    state.hash = sha256(name);
  }
  state.chaining_key = WipingArray<32>(state.hash);
}

void mix_hash(State& state, base::ByteView data) {
  base::Bytes both(state.hash.begin(), state.hash.end());  // public: hashes and ciphertexts only
  both.insert(both.end(), data.begin(), data.end());
  state.hash = sha256(both);
}

void mix_key(State& state, base::ByteView material) {
  const WipingArray<96> keys = derive(state, material);
  state.chaining_key = third_of(keys, 0);
  state.cipher_key = third_of(keys, 1);
  state.nonce = 0;
}

void mix_key_and_hash(State& state, base::ByteView material) {
  const WipingArray<96> keys = derive(state, material);
  state.chaining_key = third_of(keys, 0);
  mix_hash(state, third_of(keys, 1));
  state.cipher_key = third_of(keys, 2);
  state.nonce = 0;
}

void encrypt_and_hash(State& state, base::ByteView plain, base::Bytes& out) {
  const std::size_t before = out.size();
  if (!state.cipher_key) {  // so early in a handshake that nothing is secret
    out.insert(out.end(), plain.begin(), plain.end());
  } else {
    out.resize(before + plain.size() + kTag);
    crypto_aead_chacha20poly1305_ietf_encrypt(
        out.data() + before, nullptr, plain.data(), plain.size(), state.hash.data(),
        state.hash.size(), nullptr, nonce_of(state.nonce++).data(), state.cipher_key->data());
  }
  mix_hash(state, base::ByteView(out).subspan(before));
}

base::Result<WipingBytes> decrypt_and_hash(State& state, base::ByteView sealed) {
  WipingBytes plain;
  if (!state.cipher_key) {
    plain.assign(sealed.begin(), sealed.end());
  } else {
    if (sealed.size() < kTag) return could_not_open();
    plain.resize(sealed.size() - kTag);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(
            plain.data(), nullptr, nullptr, sealed.data(), sealed.size(), state.hash.data(),
            state.hash.size(), nonce_of(state.nonce++).data(), state.cipher_key->data()) != 0) {
      return could_not_open();
    }
  }
  mix_hash(state, sealed);
  return plain;
}

base::Result<> mix_agreement(State& state, NoiseToken token) {
  // The first letter of a token is the initiator's key, the second the responder's.
  const bool initiator = state.role == NoiseRole::initiator;
  const bool first_ephemeral = token == NoiseToken::ee || token == NoiseToken::es;
  const bool second_ephemeral = token == NoiseToken::ee || token == NoiseToken::se;
  const bool own_ephemeral = initiator ? first_ephemeral : second_ephemeral;
  const bool remote_ephemeral = initiator ? second_ephemeral : first_ephemeral;
  const auto& own = own_ephemeral ? state.ephemeral : state.static_key;
  const auto& remote = remote_ephemeral ? state.remote_ephemeral : state.remote_static;
  // Missing only when a saved state was tampered with: start() asks for all keys.
  if (!own || !remote) return could_not_open();
  EDGE_TRY(const WipingArray<32> shared, x25519(*own, *remote));
  mix_key(state, shared);
  return {};
}

}  // namespace crypto::noise
