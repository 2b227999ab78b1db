// room: crypto
// First byte: what the rest is. 0: a message to the inviter; 1: a saved session; 2: a script, one
// step a byte, that two parties play over a link that loses, doubles, reorders and damages.
#include <string>
#include <vector>

#include "crypto/ratchet.h"
#include "crypto/seal.h"
#include "tests/crypto/fuzz_world.h"

using crypto::MemorySkippedKeys;
using crypto::Ratchet;
using fuzz_world::expect;

namespace {

struct Sent {
  base::Bytes message;
  std::uint8_t content;
  bool opened = false;
};

struct Party {
  Ratchet ratchet;
  MemorySkippedKeys skipped = {};
  std::vector<Sent> inbox = {};
};

void expect_mute(const base::Result<crypto::WipingBytes>& result) {
  expect(!result && result.error() == crypto::could_not_open(), "the error is mute");
}

void try_message(Party& party, base::ByteView message) {
  const auto before = party.ratchet.save();
  const auto plain = party.ratchet.decrypt(message, {}, party.skipped);
  if (plain) return;
  expect_mute(plain);
  expect(party.ratchet.save() == before, "a failed decrypt changes nothing");
}

void try_saved(base::ByteView saved) {
  auto loaded = Ratchet::load(saved);
  if (!loaded) return;
  const auto again = loaded->save();
  expect(std::equal(again.begin(), again.end(), saved.begin(), saved.end()),
         "what loads is what save() writes");
  MemorySkippedKeys skipped;
  (void)loaded->encrypt({}, {});
  (void)loaded->decrypt(base::Bytes(200, 1), {}, skipped);
}

// Bits 0-1: send, deliver, deliver damaged, restart; bit 2: who; the rest: which message.
void play(base::ByteView script) {
  Party parties[2] = {{fuzz_world::joiner()}, {fuzz_world::inviter()}};
  if (script.size() > 200) script = script.first(200);
  for (const std::uint8_t step : script) {
    Party& party = parties[(step >> 2) & 1];
    Party& other = parties[1 - ((step >> 2) & 1)];
    const auto which = static_cast<std::size_t>(step >> 3);
    if (step % 4 == 0) {
      auto message = party.ratchet.encrypt(base::ByteView(&step, 1), {});
      expect(message.ok() == party.ratchet.can_send(), "who can send sends");
      if (message) other.inbox.push_back({std::move(*message), step});
    } else if (step % 4 == 1 && !party.inbox.empty()) {
      Sent& sent = party.inbox[party.inbox.size() - 1 - which % party.inbox.size()];
      const auto plain = party.ratchet.decrypt(sent.message, {}, party.skipped);
      expect(plain.ok() == !sent.opened, "a message opens when it comes first, and never again");
      if (plain) expect(plain->size() == 1 && (*plain)[0] == sent.content, "as it was sent");
      sent.opened = true;
    } else if (step % 4 == 2 && !party.inbox.empty()) {
      base::Bytes damaged = party.inbox.back().message;
      damaged[(which * 7) % damaged.size()] ^= 1;
      expect_mute(party.ratchet.decrypt(damaged, {}, party.skipped));
    } else if (step % 4 == 3) {
      party.ratchet = *Ratchet::load(party.ratchet.save());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const base::ByteView rest(data + 1, size - 1);
  if (data[0] % 3 == 0) {
    Party inviter{fuzz_world::inviter()};
    try_message(inviter, rest);
  } else if (data[0] % 3 == 1) {
    try_saved(rest);
  } else {
    play(rest);
  }
  return 0;
}
