// room: messaging
// What a contact may put inside a ratchet message, a handshake payload, a file part or a deposit:
// no input crashes a reader, and what is read back from what was written is the same bytes.
#include <cstdint>
#include <cstdlib>

#include "messaging/model/content.h"
#include "messaging/model/deposit.h"
#include "messaging/model/events.h"
#include "messaging/model/file_part.h"

namespace {

constexpr std::uint8_t kEachKind = 255;

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const base::ByteView bytes(data + 1, size - 1);
  if (data[0] == kEachKind) {
    // The same fields as each kind that there is, so that a new one needs no corpus to be reached.
    for (const auto& kind : messaging::content_kinds()) {
      base::WireReader in(bytes);
      const auto body = kind.read(in);
      if (!in.ok()) continue;
      const auto encoded = messaging::encode({{}, body});
      check(encoded[1] == kind.number && messaging::decode_content(encoded).ok());
    }
    return 0;
  }
  switch (data[0] % 9) {
    case 0:
      if (const auto content = messaging::decode_content(bytes)) {
        const auto& kind = messaging::kind_of(content->body);
        const auto again = messaging::decode_content(messaging::encode(*content));
        check(again.ok() && again->uuid == content->uuid && kind.is(again->body));
        const messaging::FileNote* const file = kind.file(content->body);
        check(file == nullptr || messaging::part_count(file->sealed_size) > 0);
      }
      break;
    case 1:
      if (const auto request = messaging::decode_join_request(bytes)) {
        check(messaging::decode_join_request(messaging::encode(*request)).ok());
      }
      break;
    case 2:
      if (const auto answer = messaging::decode_join_answer(bytes)) {
        check(messaging::decode_join_answer(messaging::encode(*answer)).ok());
      }
      break;
    case 3:
      if (const auto part = messaging::decode_part(bytes)) {
        check(part->index < messaging::part_count(part->sealed_size));
        check(messaging::decode_part(messaging::encode(*part)).ok());
      }
      break;
    case 4:
      if (const auto envelopes = messaging::split_body(bytes)) {
        check(!envelopes->empty() && envelopes->size() <= messaging::kMaxDepositEnvelopes);
      }
      break;
    case 6:
      if (const auto request = messaging::decode_session_request(bytes)) {
        const auto again = messaging::decode_session_request(messaging::encode(*request));
        check(again.ok() && again->last_received.seq == request->last_received.seq);
      }
      break;
    case 7:
      if (const auto answer = messaging::decode_session_answer(bytes)) {
        check(messaging::decode_session_answer(messaging::encode(*answer)).ok());
      }
      break;
    default:
      if (bytes.size() >= 2) {
        const auto kind = static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
        if (const auto event = messaging::decode_event(kind, bytes.subspan(2))) {
          check(messaging::event_kind(*event) == kind);
          check(messaging::decode_event(kind, messaging::encode_event(*event)).ok());
        }
      }
  }
  return 0;
}
