#include "messaging/peering/handshake_memory.h"

#include "base/wire.h"
#include "crypto/envelope.h"

namespace messaging::peering {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxHandshake = 4096;
constexpr std::size_t kMaxCard = 64 * 1024;

// Earlier forms began with a list of sessions.
void pass_over_sessions(base::WireReader& in) { in.fixed(in.u16() * sizeof(std::int64_t)); }

crypto::WipingBytes wiped(base::WireWriter& out) {
  base::Bytes bytes = out.take();
  crypto::WipingBytes copy(bytes.begin(), bytes.end());
  crypto::wipe(bytes);
  return copy;
}

base::Error damaged() { return fail(Errc::corrupt, "a pending handshake is damaged"); }

}  // namespace

crypto::WipingBytes encode_memory(const BeginnerMemory& memory) {
  base::WireWriter out;
  out.u16(0);
  out.bytes(memory.handshake).bytes(memory.group);
  return wiped(out);
}

base::Result<BeginnerMemory> decode_beginner_memory(base::ByteView bytes) {
  base::WireReader in(bytes);
  BeginnerMemory memory;
  pass_over_sessions(in);
  const base::ByteView handshake = in.bytes(kMaxHandshake);
  memory.group = base::to_bytes(in.bytes(kMaxGroupId));
  if (!in.done()) return damaged();
  memory.handshake.assign(handshake.begin(), handshake.end());
  return memory;
}

crypto::WipingBytes encode_memory(const AnswererMemory& memory) {
  base::WireWriter out;
  out.u16(0);
  out.bytes(encode(memory.card)).bytes(memory.answer);
  write_last_received(out, memory.last_received);
  out.bytes(memory.sent_profile);
  return wiped(out);
}

base::Result<AnswererMemory> decode_answerer_memory(base::ByteView bytes) {
  base::WireReader in(bytes);
  AnswererMemory memory;
  pass_over_sessions(in);
  const base::ByteView card = in.bytes(kMaxCard);
  memory.answer = base::to_bytes(in.bytes(crypto::kMaxEnvelope));
  memory.last_received = read_last_received(in);
  memory.sent_profile = base::to_bytes(in.bytes(64));
  if (!in.done()) return damaged();
  EDGE_TRY(memory.card, decode_card(card));
  return memory;
}

}  // namespace messaging::peering
