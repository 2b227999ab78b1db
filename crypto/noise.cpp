#include "crypto/noise.h"

#include <algorithm>
#include <utility>

#include "crypto/noise_patterns.h"
#include "crypto/noise_state.h"
#include "crypto/random.h"
#include "crypto/seal.h"

namespace crypto {
namespace {

constexpr std::size_t kKey = 32;
constexpr std::size_t kTag = 16;

base::Error misuse(std::string message) {
  return base::fail(base::Errc::invalid_argument, std::move(message));
}

base::Error missing_psk(const NoisePatternData& pattern) {
  return misuse("the handshake " + std::string(pattern.name) + " needs its pre-shared key first");
}

WipingArray<32> array_of(base::ByteView bytes) { return WipingArray<32>(bytes.first<32>()); }

// What a message adds to its payload.
std::size_t overhead(const Handshake::State& state, std::span<const NoiseToken> tokens, bool psk) {
  std::size_t out = 0;
  bool sealed = state.cipher_key.has_value();
  for (const NoiseToken token : tokens) {
    if (token == NoiseToken::e) out += kKey;
    if (token == NoiseToken::s) out += kKey + (sealed ? kTag : 0);
    if (token != NoiseToken::s) sealed = sealed || token != NoiseToken::e || psk;
  }
  return out + (sealed ? kTag : 0);
}

}  // namespace

std::string_view name_of(NoisePattern pattern) {
  const NoisePatternData* data = find_pattern(pattern);
  return data != nullptr ? data->name : "unknown";
}

base::Result<Handshake> Handshake::start(NoisePattern pattern, NoiseRole role,
                                         const HandshakeOptions& options) {
  const NoisePatternData* data = find_pattern(pattern);
  if (data == nullptr) return misuse("there is no such handshake pattern");
  const bool initiator = role == NoiseRole::initiator;
  const bool needs_static = initiator ? data->initiator_static : true;
  const bool needs_remote = initiator && data->responder_known;
  if (needs_static && options.static_key == nullptr) {
    return misuse("the handshake needs our static key");
  }
  if (needs_remote != options.remote_static.has_value()) {
    return misuse(needs_remote ? "the handshake needs the other's static key"
                               : "the handshake learns the other's static key by itself");
  }
  if (!options.fixed_ephemeral.empty() && options.fixed_ephemeral.size() != kKey) {
    return misuse("a fixed ephemeral key has 32 bytes");
  }

  State state;
  state.pattern = pattern;
  state.role = role;
  state.remote_static = options.remote_static;
  if (needs_static) state.static_key = array_of(options.static_key->view());
  noise::initialize(state, data->name);
  noise::mix_hash(state, options.prologue);
  if (data->responder_known) {
    const X25519Public responder =
        initiator ? *state.remote_static : x25519_public_of(*state.static_key);
    noise::mix_hash(state, responder.bytes);
  }
  Handshake out(std::move(state));
  if (!options.fixed_ephemeral.empty()) out.fixed_ephemeral_ = array_of(options.fixed_ephemeral);
  if (!options.psk.empty()) EDGE_CHECK(out.set_psk(options.psk));
  return out;
}

base::Result<> Handshake::set_psk(base::ByteView psk) {
  if (psk.size() != kKey) return misuse("a pre-shared key has 32 bytes");
  if (!find_pattern(state_.pattern)->psk) return misuse("this handshake has no pre-shared key");
  state_.psk = array_of(psk);
  agreed_.reset();
  return {};
}

bool Handshake::finished() const {
  return state_.messages >= find_pattern(state_.pattern)->messages;
}

bool Handshake::my_turn() const {
  const bool initiators = state_.messages % 2 == 0;
  return !finished() && initiators == (state_.role == NoiseRole::initiator);
}

base::Result<> Handshake::agree() {
  if (!my_turn()) return misuse("it is not our turn to write in this handshake");
  const NoisePatternData& pattern = *find_pattern(state_.pattern);
  State next = state_;
  base::Bytes out;
  for (const NoiseToken token : pattern.message(state_.messages)) {
    switch (token) {
      case NoiseToken::e: {
        WipingArray<32> fresh;
        random_bytes(fresh);
        next.ephemeral = fixed_ephemeral_ ? *fixed_ephemeral_ : fresh;
        const X25519Public own = x25519_public_of(*next.ephemeral);
        out.insert(out.end(), own.bytes.begin(), own.bytes.end());
        noise::mix_hash(next, own.bytes);
        // Section 9.2: with a psk the ephemeral is mixed into the key as well.
        if (pattern.psk) noise::mix_key(next, own.bytes);
        break;
      }
      case NoiseToken::s:
        if (!next.static_key) return could_not_open();
        noise::encrypt_and_hash(next, x25519_public_of(*next.static_key).bytes, out);
        break;
      case NoiseToken::psk:
        if (!next.psk) return missing_psk(pattern);
        noise::mix_key_and_hash(next, *next.psk);
        break;
      default:
        EDGE_CHECK(noise::mix_agreement(next, token));
    }
  }
  agreed_.emplace(Agreed{std::move(next), std::move(out)});
  return {};
}

base::Result<base::Bytes> Handshake::write(base::ByteView payload) {
  if (!my_turn()) return misuse("it is not our turn to write in this handshake");
  const NoisePatternData& pattern = *find_pattern(state_.pattern);
  const auto tokens = pattern.message(state_.messages);
  if (payload.size() > kMaxNoiseMessage - overhead(state_, tokens, pattern.psk)) {
    return misuse("the payload of a handshake message is too long");
  }
  if (!agreed_) EDGE_CHECK(agree());
  Agreed next = *std::exchange(agreed_, std::nullopt);
  noise::encrypt_and_hash(next.state, payload, next.message);
  ++next.state.messages;
  state_ = std::move(next.state);
  return std::move(next.message);
}

base::Result<WipingBytes> Handshake::read(base::ByteView message) {
  if (finished() || my_turn()) return misuse("it is not our turn to read in this handshake");
  const NoisePatternData& pattern = *find_pattern(state_.pattern);
  if (message.size() > kMaxNoiseMessage) return could_not_open();

  State next = state_;
  base::ByteView rest = message;
  for (const NoiseToken token : pattern.message(state_.messages)) {
    switch (token) {
      case NoiseToken::e: {
        if (rest.size() < kKey) return could_not_open();
        X25519Public theirs;
        std::copy_n(rest.begin(), kKey, theirs.bytes.begin());
        rest = rest.subspan(kKey);
        next.remote_ephemeral = theirs;
        noise::mix_hash(next, theirs.bytes);
        if (pattern.psk) noise::mix_key(next, theirs.bytes);
        break;
      }
      case NoiseToken::s: {
        const std::size_t size = kKey + (next.cipher_key ? kTag : 0);
        if (rest.size() < size || next.remote_static) return could_not_open();
        EDGE_TRY(const WipingBytes key, noise::decrypt_and_hash(next, rest.first(size)));
        rest = rest.subspan(size);
        X25519Public theirs;
        std::copy_n(key.begin(), kKey, theirs.bytes.begin());
        next.remote_static = theirs;
        break;
      }
      case NoiseToken::psk:
        if (!next.psk) return missing_psk(pattern);
        noise::mix_key_and_hash(next, *next.psk);
        break;
      default:
        EDGE_CHECK(noise::mix_agreement(next, token));
    }
  }
  EDGE_TRY(WipingBytes payload, noise::decrypt_and_hash(next, rest));
  ++next.messages;
  state_ = std::move(next);
  return payload;
}

base::Result<SplitKeys> Handshake::split() const {
  if (!finished()) return misuse("the handshake is not finished");
  State copy = state_;
  noise::mix_key(copy, {});  // gives the two keys of section 5.2's Split()
  return SplitKeys{Secret<32>(copy.chaining_key.view()), Secret<32>(copy.cipher_key->view())};
}

}  // namespace crypto
