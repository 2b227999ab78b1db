// Content: what travels inside a ratchet message. This is the innermost wire form; docs/protocol.md
// has it byte for byte.
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
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "messaging/model/card.h"
#include "messaging/model/group_state.h"
#include "messaging/model/protected_content.h"
#include "messaging/model/types.h"
#include "store/tables/owed_receipts.h"

namespace messaging {

// Kinds of envelopes (inside the outer seal).
enum class EnvelopeKind : std::uint8_t {
  join_request = 1,
  join_answer = 2,
  message = 3,
  part = 4,
  session_request = 5,
  session_answer = 6,
};

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
  store::ReceiptKind kind{};  // other numbers are a later version's, and ignored
  Uuid uuid{};
  base::UnixMillis at = 0;
};
struct Receipts {
  std::vector<ReceiptNote> notes;  // at most kMaxReceipts
};
inline constexpr std::size_t kMaxReceipts = 1000;

// A message to a group or channel.
struct GroupText {
  GroupId group{};
  GroupDigest digest{};             // of the sender's state, as it shows it to the recipient
  std::optional<MemberKey> quoted;  // who wrote the message that is quoted
  TextMessage message;
};

// What a group is, from one member to another; an empty state asks for the whole.
struct GroupUpdate {
  GroupId group{};
  GroupState state;
  std::optional<FileNote> image;  // the picture that the state names
};

struct UnknownContent {};

struct Content {
  Uuid uuid{};
  std::variant<UnknownContent, Hello, TextMessage, Receipts, Profile, GroupText, GroupUpdate,
               ProtectedNote>
      body;
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
inline constexpr std::size_t kFilePartHead = 1 + 16 + 4 + 8;  // before its bytes
void write_part_head(std::span<std::uint8_t, kFilePartHead> out, const Uuid& transfer,
                     std::uint32_t index, std::uint64_t sealed_size);
base::Bytes encode(const FilePart& part);
// Refused unless index and length fit the size.
base::Result<FilePart> decode_part(base::ByteView bytes);

}  // namespace messaging
