// HandshakeMemory: what the two sides of a handshake remember until it is done, sealed in the row
// of store/tables/pending_joins.h. Joins and session requests alike.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "messaging/model/card.h"

namespace messaging::peering {

inline constexpr std::size_t kMaxGroupId = 64;

// Who began, between messages 1 and 2.
struct BeginnerMemory {
  crypto::WipingBytes handshake;
  base::Bytes group;  // of a session request by a group's introduction
};

// Who answered, until the first ratchet message.
struct AnswererMemory {
  Card card;
  base::Bytes answer;  // the envelope, for repetitions
  Heard heard;         // of a session request
  base::Bytes told;    // the mark of our profile on the answer's card
};

crypto::WipingBytes encode_memory(const BeginnerMemory& memory);
crypto::WipingBytes encode_memory(const AnswererMemory& memory);
base::Result<BeginnerMemory> decode_beginner_memory(base::ByteView bytes);
base::Result<AnswererMemory> decode_answerer_memory(base::ByteView bytes);

}  // namespace messaging::peering
