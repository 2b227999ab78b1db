// room: gateway
// Every message between a relay, its owners and its depositors: whatever comes is refused or
// means one thing, which written again gives the same bytes. The first byte says which. (Parts of
// files are content_fuzz's.)
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/peer/deposit_wire.h"
#include "gateway/relay/frames.h"
#include "gateway/relay/wire.h"
#include "messaging/model/deposit.h"
#include "messaging/peering/relay_choice.h"

namespace {

using base::ByteView;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Read>
void check_same(const Read& read, ByteView bytes) {
  if (!read.ok()) return;
  const base::Bytes again = gateway::encode(*read);
  require(base::as_text(again) == base::as_text(bytes));
}

// Read at once and read byte by byte give the same frames.
void check_frames(ByteView bytes) {
  gateway::FrameReader whole;
  gateway::FrameReader pieces;
  const auto at_once = whole.feed(bytes);
  std::string one;
  std::string other;
  bool failed = false;
  for (std::size_t i = 0; i < bytes.size() && !failed; ++i) {
    const auto some = pieces.feed(bytes.subspan(i, 1));
    failed = !some.ok();
    if (failed) break;
    for (const gateway::Frame& frame : *some) gateway::append_frame(other, frame);
  }
  require(failed == !at_once.ok());
  if (failed) return;
  for (const gateway::Frame& frame : *at_once) gateway::append_frame(one, frame);
  require(one == other);
  require(whole.at_boundary() == pieces.at_boundary());
}

void check_headers(ByteView bytes) {
  const std::string_view text = base::as_text(bytes);
  const auto cut = [&](std::size_t n) {
    std::size_t begin = 0;
    for (; n > 0 && begin < text.size(); --n) {
      const auto end = text.find('\n', begin);
      begin = end == std::string_view::npos ? text.size() : end + 1;
    }
    return text.substr(begin, text.substr(begin).find('\n'));
  };
  (void)gateway::read_owner_proof(cut(0), cut(1), cut(2), cut(3));
  (void)gateway::read_proof(cut(0), cut(1), cut(2));
  (void)messaging::peering::parse_relay_url(text);
  if (gateway::is_mailbox(cut(0))) require(cut(0).find('/') == std::string_view::npos);
}

void check_body(ByteView bytes) {
  const auto envelopes = messaging::split_body(bytes);
  if (!envelopes.ok()) return;
  std::vector<base::Bytes> copies;
  for (const ByteView one : *envelopes) copies.push_back(base::to_bytes(one));
  require(base::as_text(messaging::join_body(copies)) == base::as_text(bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0] % 8) {
    case 0:
      check_same(gateway::decode_challenge(bytes), bytes);
      break;
    case 1:
      check_same(gateway::decode_open_request(bytes), bytes);
      break;
    case 2:
      check_same(gateway::decode_key_changes(bytes), bytes);
      break;
    case 3:
      check_same(gateway::decode_known_keys(bytes), bytes);
      break;
    case 4:
      if (const auto ids = gateway::decode_acks(bytes); ids.ok()) {
        require(base::as_text(gateway::encode_acks(*ids)) == base::as_text(bytes));
      }
      break;
    case 5:
      check_frames(bytes);
      break;
    case 6:
      check_headers(bytes);
      break;
    default:
      check_body(bytes);
  }
  return 0;
}
