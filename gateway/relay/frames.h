// Frames: what a relay sends to a mailbox's owner, over a stream or as the answer to a poll.
//
//   frame    = type u8 | length u32 | payload
//   envelope = type 1: id i64 | taken at, ms i64 | key id 16 | the envelope's bytes
//   ping     = type 2: the relay's clock, ms i64; the first comes at once, then one every 25 s
//   goodbye  = type 3: reason u8: 1 another stream took over, 2 the relay stops, 3 not admitted
//
// Types unknown to the reader are passed over. Each length is bounded before anything is kept.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "messaging/model/deposit.h"

namespace gateway {

struct EnvelopeFrame {
  std::int64_t id = 0;
  base::UnixMillis at = 0;
  messaging::DepositKeyId key_id{};
  base::Bytes envelope;
};
struct PingFrame {
  base::UnixMillis now = 0;
};
enum class GoodbyeReason : std::uint8_t { replaced = 1, stopping = 2, not_admitted = 3 };
struct GoodbyeFrame {
  GoodbyeReason reason{};
};
using Frame = std::variant<EnvelopeFrame, PingFrame, GoodbyeFrame>;

inline constexpr std::size_t kFrameHead = 5;
inline constexpr std::size_t kMaxFrame = 32 + messaging::kMaxDepositBytes;

void append_frame(std::string& out, const Frame& frame);

// Takes bytes as they come and gives whole frames. After an error it takes nothing more.
class FrameReader {
 public:
  base::Result<std::vector<Frame>> feed(base::ByteView bytes);
  bool at_boundary() const { return pending_.empty(); }

 private:
  std::string pending_;  // less than one frame
  bool failed_ = false;
};

}  // namespace gateway
