// Handshake::save() and load(): the saved form of crypto/noise.h.
#include <algorithm>

#include "base/wire.h"
#include "crypto/noise.h"
#include "crypto/noise_patterns.h"
#include "crypto/wiping_writer.h"

namespace crypto {
namespace {

constexpr std::uint8_t kNoiseVersion = 1;
constexpr std::size_t kSize = 274;

base::ByteView bytes_of(const std::optional<WipingArray<32>>& key) {
  return key ? base::ByteView(*key) : base::ByteView();
}
base::ByteView bytes_of(const std::optional<X25519Public>& key) {
  return key ? base::ByteView(key->bytes) : base::ByteView();
}

// A key, or zeros where the mark says that there is none.
void read_optional(base::WireReader& in, std::optional<WipingArray<32>>& out) {
  const bool present = in.boolean();
  const base::ByteView bytes = in.fixed(32);
  if (!in.ok()) return;
  WipingArray<32> key(bytes.first<32>());
  if (present) {
    out = key;
  } else if (!(key == WipingArray<32>())) {
    in.refuse();
  }
}

void read_optional(base::WireReader& in, std::optional<X25519Public>& out) {
  std::optional<WipingArray<32>> key;
  read_optional(in, key);
  if (!key) return;
  out.emplace();
  std::copy(key->begin(), key->end(), out->bytes.begin());
}

}  // namespace

WipingBytes Handshake::save() const {
  WipingWriter out(kSize);
  out.u8(kNoiseVersion)
      .u8(static_cast<std::uint8_t>(state_.pattern))
      .u8(static_cast<std::uint8_t>(state_.role))
      .u8(state_.messages)
      .optional(state_.cipher_key.has_value(), bytes_of(state_.cipher_key), 32)
      .u64(state_.nonce)
      .fixed(state_.chaining_key)
      .fixed(state_.hash)
      .optional(state_.static_key.has_value(), bytes_of(state_.static_key), 32)
      .optional(state_.ephemeral.has_value(), bytes_of(state_.ephemeral), 32)
      .optional(state_.remote_static.has_value(), bytes_of(state_.remote_static), 32)
      .optional(state_.remote_ephemeral.has_value(), bytes_of(state_.remote_ephemeral), 32)
      .optional(state_.psk.has_value(), bytes_of(state_.psk), 32);
  return out.take();
}

base::Result<Handshake> Handshake::load(base::ByteView saved) {
  const auto corrupt = [] {
    return base::fail(base::Errc::corrupt, "a saved handshake is damaged");
  };
  if (saved.size() != kSize) return corrupt();
  base::WireReader in(saved);
  if (in.u8() != kNoiseVersion) return corrupt();
  State state;
  state.pattern = static_cast<NoisePattern>(in.u8());
  const NoisePatternData* pattern = find_pattern(state.pattern);
  const bool responder = in.boolean();
  state.role = responder ? NoiseRole::responder : NoiseRole::initiator;
  state.messages = in.u8();
  read_optional(in, state.cipher_key);
  state.nonce = in.u64();
  const base::ByteView chaining_key = in.fixed(32);
  state.hash = in.array<32>();
  read_optional(in, state.static_key);
  read_optional(in, state.ephemeral);
  read_optional(in, state.remote_static);
  read_optional(in, state.remote_ephemeral);
  read_optional(in, state.psk);
  if (!in.done() || pattern == nullptr || state.messages > pattern->messages) return corrupt();
  state.chaining_key = WipingArray<32>(chaining_key.first<32>());
  return Handshake(std::move(state));
}

}  // namespace crypto
