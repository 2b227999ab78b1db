// room: crypto
// First byte: what the rest is. 0 to 5: message 1 of that pattern, 6 to 11: message 2, 12: a saved
// handshake.
#include "crypto/noise.h"
#include "crypto/seal.h"
#include "tests/crypto/fuzz_world.h"

using crypto::Handshake;
using crypto::NoisePattern;
using crypto::NoiseRole;
using fuzz_world::expect;

namespace {

void read(Handshake reader, base::ByteView message) {
  const auto before = reader.save();
  const auto payload = reader.read(message);
  if (!payload) {
    expect(payload.error() == crypto::could_not_open(), "the error is mute");
    expect(reader.save() == before, "a failed read changes nothing");
    return;
  }
  expect(payload->size() <= message.size(), "a payload is no longer than its message");
  if (reader.my_turn()) (void)reader.write({});
  if (reader.finished()) expect(reader.split().ok(), "a finished handshake has its keys");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const base::ByteView rest(data + 1, size - 1);
  const unsigned mode = data[0] % 13;
  const auto pattern = static_cast<NoisePattern>(1 + mode % 6);
  if (mode < 6) {
    read(fuzz_world::handshake(pattern, NoiseRole::responder), rest);
  } else if (mode < 12) {
    Handshake initiator = fuzz_world::handshake(pattern, NoiseRole::initiator);
    expect(initiator.write({}).ok(), "message 1 is written");
    read(std::move(initiator), rest);
  } else if (auto loaded = Handshake::load(rest)) {
    const auto saved = loaded->save();
    expect(std::equal(saved.begin(), saved.end(), rest.begin(), rest.end()),
           "what loads is what save() writes");
    (void)loaded->split();
    (void)loaded->write({});
    (void)loaded->read(base::Bytes(96));
  }
  return 0;
}
