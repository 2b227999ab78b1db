// Content: what travels inside a ratchet message, and the cards exchanged in a handshake. This is
// the innermost wire form; docs/protocol.md has it byte for byte.
//
//   content = version u8 (1) | kind u8 | uuid 16 | fields by kind
//
// Everything is bounded and length-checked when read; a content of an unknown kind is a
// UnknownContent, acknowledged and otherwise ignored, so that a newer peer can talk to an older
// one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/identity.h"
#include "crypto/wiping.h"
#include "messaging/deposit.h"
#include "messaging/protected_content.h"
#include "messaging/types.h"

namespace messaging {

using Uuid = std::array<std::uint8_t, 16>;
using Tag = std::array<std::uint8_t, 16>;

// Kinds of envelopes (inside the outer seal).
enum class EnvelopeKind : std::uint8_t { join_request = 1, join_answer = 2, message = 3, part = 4 };

// Who somebody is and how they are reached by the one contact it is given to.
struct Card {
  crypto::PublicKey identity;
  std::string addr;
  std::string name;
  std::string status;
  bool bot = false;
  std::vector<std::string> urls;  // 1 to 3
  std::string mailbox;
  DepositToken token;  // admits this contact
  Tag tag{};           // to be put on what is sent to the card's owner
};

// Payload of handshake message 1.
struct JoinRequest {
  std::string invite_number;
  Card card;
};

// Payload of handshake message 2.
struct JoinAnswer {
  crypto::X25519Public ratchet_key;
  Card card;
};

base::Bytes encode(const JoinRequest& request);
base::Bytes encode(const JoinAnswer& answer);
base::Result<JoinRequest> decode_join_request(base::ByteView bytes);
base::Result<JoinAnswer> decode_join_answer(base::ByteView bytes);
base::Bytes encode(const Card& card);
base::Result<Card> decode_card(base::ByteView bytes);

// The joiner's first ratchet message: it proves the invite's secret (decision 8).
struct Hello {};

struct FileNote {
  std::string name;
  std::string media_type;
  std::uint64_t size = 0;  // of the plaintext
  std::uint64_t sealed_size = 0;
  Uuid transfer{};
  crypto::WipingArray<32> key;
  std::array<std::uint8_t, 32> hash{};  // BLAKE2b-256 of the sealed bytes
};

struct QuoteNote {
  std::string text;
  std::optional<Uuid> message;
  bool of_recipient = false;  // whose message it is: the recipient's, else the sender's
};

struct TextMessage {
  std::uint64_t seq = 0;  // the sender's number in this chat
  base::UnixMillis sent_at = 0;
  Viewtype type = Viewtype::text;
  bool bot = false;
  bool forwarded = false;
  std::string text;
  std::string sender_name;
  std::optional<QuoteNote> quote;
  std::optional<FileNote> file;
};

struct ReceiptNote {
  std::uint8_t kind = 0;  // store::ReceiptKind
  Uuid uuid{};
  base::UnixMillis at = 0;
};
struct Receipts {
  std::vector<ReceiptNote> notes;  // at most kMaxReceipts
};
inline constexpr std::size_t kMaxReceipts = 1000;

struct UnknownContent {};

struct Content {
  Uuid uuid{};
  std::variant<UnknownContent, Hello, TextMessage, Receipts, ProtectedNote> body;
};

crypto::WipingBytes encode(const Content& content);
base::Result<Content> decode_content(base::ByteView bytes);

// A part of a file on its way, the body of an envelope of kind `part`.
struct FilePart {
  Uuid transfer{};
  std::uint32_t index = 0;
  std::uint64_t sealed_size = 0;
  base::ByteView bytes;
};
inline constexpr std::size_t kFilePart = 256 * 1024;
std::uint32_t part_count(std::uint64_t sealed_size);
base::Bytes encode(const FilePart& part);
// Refused unless index and length fit the size.
base::Result<FilePart> decode_part(base::ByteView bytes);

}  // namespace messaging
