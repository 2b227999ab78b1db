// room: crypto
// First byte even: the rest is an envelope. Odd: the rest is the inside of one, sealed to us by a
// hostile sender.
#include <sodium.h>

#include "crypto/seal.h"
#include "tests/crypto/fuzz_world.h"

using fuzz_world::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const base::ByteView rest(data + 1, size - 1);
  const auto& us = fuzz_world::recipient();
  base::Bytes envelope = base::to_bytes(rest);
  if (data[0] % 2 == 1) {
    envelope.assign(1 + rest.size() + crypto_box_curve25519xchacha20poly1305_SEALBYTES, 1);
    expect(crypto_box_curve25519xchacha20poly1305_seal(
               envelope.data() + 1, rest.data(), rest.size(), us.x25519_public().bytes.data()) == 0,
           "the inside is sealed");
  }
  const auto opened = crypto::open_envelope(us, envelope);
  if (!opened) {
    expect(opened.error() == crypto::could_not_open(), "the error is mute");
    return 0;
  }
  const auto again =
      crypto::seal_envelope(us.x25519_public(), opened->kind, opened->tag, opened->body);
  expect(again && again->size() == envelope.size(), "what opens can be sealed, to the same size");
  return 0;
}
