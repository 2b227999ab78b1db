// Card: an account's identity and addresses, made for one contact; and the payloads of handshakes
// that carry cards. docs/protocol.md has their bytes.
//
//   card    = identity 32 | text addr | profile | tag 16
//   profile = text name | text status | bool bot | u8 urls, text each | text mailbox |
//             deposit token 32
//
// All fields are bounded and length-checked when read; bytes after the known fields of a payload
// belong to a later version and are ignored.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/wire.h"
#include "crypto/identity.h"
#include "messaging/model/deposit.h"

namespace messaging {

using Uuid = std::array<std::uint8_t, 16>;
using Tag = std::array<std::uint8_t, 16>;

// An account's profile for one contact.
struct Profile {
  std::string name;
  std::string status;
  bool bot = false;
  std::vector<std::string> urls;  // 1 to 3
  std::string mailbox;
  DepositToken token;  // allows this contact's deposits
};

struct Card : Profile {
  crypto::PublicKey identity;
  std::string addr;
  Tag tag{};  // for envelopes to the card's owner
};

// The order of sessions between two accounts: a session's generation is higher than those of all
// sessions that either side had when it began, so that both agree which ones are superseded. The
// initiator proposes a generation, the responder decides it.
using Generation = std::uint64_t;

// Payload of handshake message 1.
struct JoinRequest {
  std::string invite_number;
  Card card;
  Generation generation = 1;
};

// Payload of handshake message 2.
struct JoinAnswer {
  crypto::X25519Public ratchet_key;
  Card card;
  Generation generation = 1;
};

// The recipient's last message that the sender of this payload has. A recipient that does not know
// the message was restored from an older copy.
struct LastReceived {
  std::uint64_t seq = 0;  // 0: none
  Uuid uuid{};
};

// Payloads of a session between known identities (messaging/peering/renewal.h).
struct SessionRequest {
  Card card;
  LastReceived last_received;
  Generation generation = 1;
};
struct SessionAnswer {
  crypto::X25519Public ratchet_key;
  Card card;
  LastReceived last_received;
  Generation generation = 1;
};

base::Bytes encode(const JoinRequest& request);
base::Bytes encode(const JoinAnswer& answer);
base::Bytes encode(const SessionRequest& request);
base::Bytes encode(const SessionAnswer& answer);
base::Bytes encode(const Card& card);
base::Result<JoinRequest> decode_join_request(base::ByteView bytes);
base::Result<JoinAnswer> decode_join_answer(base::ByteView bytes);
base::Result<SessionRequest> decode_session_request(base::ByteView bytes);
base::Result<SessionAnswer> decode_session_answer(base::ByteView bytes);
base::Result<Card> decode_card(base::ByteView bytes);

// A profile is a content too (kind 4, content_kind.h), sent again after each change.
void write_fields(base::WireWriter& out, const Profile& profile);
void read_fields(base::WireReader& in, Profile& profile);
void write_last_received(base::WireWriter& out, const LastReceived& last_received);
LastReceived read_last_received(base::WireReader& in);

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const Profile& profile);
}  // namespace messaging::receiving
