// HandshakeMemory: the state that each side of a handshake keeps until it is complete, sealed in
// its row of store/tables/pending_joins.h. Used for joins and session requests.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "messaging/model/card.h"

namespace messaging::peering {

inline constexpr std::size_t kMaxGroupId = 64;

// Of the initiator, between messages 1 and 2.
struct BeginnerMemory {
  crypto::WipingBytes handshake;
  base::Bytes group;  // of a session request by a group's introduction
};

// Of the responder, until the first ratchet message.
struct AnswererMemory {
  Card card;
  base::Bytes answer;          // the envelope, for retransmissions
  LastReceived last_received;  // of a session request
  base::Bytes sent_profile;    // the mark of our profile on the answer's card
};

crypto::WipingBytes encode_memory(const BeginnerMemory& memory);
crypto::WipingBytes encode_memory(const AnswererMemory& memory);
base::Result<BeginnerMemory> decode_beginner_memory(base::ByteView bytes);
base::Result<AnswererMemory> decode_answerer_memory(base::ByteView bytes);

}  // namespace messaging::peering
