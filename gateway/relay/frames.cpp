#include "gateway/relay/frames.h"

#include "base/wire.h"

namespace gateway {
namespace {

enum class FrameType : std::uint8_t { envelope = 1, ping = 2, goodbye = 3 };

FrameType write(const EnvelopeFrame& frame, base::WireWriter& out) {
  out.i64(frame.id).i64(frame.at).fixed(frame.key_id).fixed(frame.envelope);
  return FrameType::envelope;
}
FrameType write(const PingFrame& frame, base::WireWriter& out) {
  out.i64(frame.now);
  return FrameType::ping;
}
FrameType write(const GoodbyeFrame& frame, base::WireWriter& out) {
  out.u8(static_cast<std::uint8_t>(frame.reason));
  return FrameType::goodbye;
}

// False: the payload is not of its form. Unknown types give no frame.
bool read(std::uint8_t type, base::ByteView payload, std::vector<Frame>& out) {
  base::WireReader in(payload);
  switch (static_cast<FrameType>(type)) {
    case FrameType::envelope: {
      auto& frame = std::get<EnvelopeFrame>(out.emplace_back(std::in_place_type<EnvelopeFrame>));
      frame.id = in.i64();
      frame.at = in.i64();
      frame.key_id = in.array<16>();
      frame.envelope = base::to_bytes(in.rest());
      return in.ok() && !frame.envelope.empty();
    }
    case FrameType::ping: {
      const PingFrame frame{in.i64()};
      if (!in.done()) return false;
      out.emplace_back(frame);
      return true;
    }
    case FrameType::goodbye: {
      const GoodbyeFrame frame{static_cast<GoodbyeReason>(in.u8())};
      if (!in.done()) return false;
      out.emplace_back(frame);
      return true;
    }
  }
  return true;
}

}  // namespace

void append_frame(std::string& out, const Frame& frame) {
  base::WireWriter payload;
  const FrameType type = std::visit([&](const auto& one) { return write(one, payload); }, frame);
  base::WireWriter head;
  head.u8(static_cast<std::uint8_t>(type));
  head.u32(static_cast<std::uint32_t>(payload.view().size()));
  out.append(base::as_text(head.view())).append(base::as_text(payload.view()));
}

base::Result<std::vector<Frame>> FrameReader::feed(base::ByteView bytes) {
  const auto refuse = [&] {
    failed_ = true;
    pending_ = {};
    return base::fail(base::Errc::invalid_argument, "the relay sent what is no frame");
  };
  if (failed_) return refuse();
  pending_.append(base::as_text(bytes));
  std::vector<Frame> out;
  std::size_t at = 0;
  while (pending_.size() - at >= kFrameHead) {
    base::WireReader head(base::as_bytes(pending_).subspan(at, kFrameHead));
    const std::uint8_t type = head.u8();
    const std::size_t length = head.u32();
    if (length > kMaxFrame) return refuse();
    if (pending_.size() - at - kFrameHead < length) break;
    if (!read(type, base::as_bytes(pending_).subspan(at + kFrameHead, length), out)) {
      return refuse();
    }
    at += kFrameHead + length;
  }
  pending_.erase(0, at);
  if (pending_.empty()) pending_.shrink_to_fit();
  return out;
}

}  // namespace gateway
