// room: gateway
// Bytes as a client of a WebSocket may send them: what comes in pieces is read as what comes at
// once, messages are bounded UTF-8, and nothing is read or sent after a close frame.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/ws/frames.h"

namespace {

using gateway::WebSocketFrames;

constexpr std::size_t kMaxMessage = 2'000;

struct Seen {
  std::vector<std::string> texts;
  std::string sent;
  bool reads = true;
};

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<std::uint8_t>(text[at]);
    const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || at + size > text.size()) return false;
    for (std::size_t i = 1; i < size; ++i) {
      if ((static_cast<std::uint8_t>(text[at + i]) & 0xc0) != 0x80) return false;
    }
    at += size;
  }
  return true;
}

// Each text is sent back, as an answer would be.
Seen run(std::string_view bytes, std::size_t piece) {
  Seen out;
  WebSocketFrames frames(kMaxMessage, [&](std::string text) {
    require(text.size() <= kMaxMessage && is_utf8(text));
    out.texts.push_back(std::move(text));
  });
  while (!bytes.empty()) {
    const bool read = frames.reads();
    const std::size_t before = out.texts.size();
    frames.feed(bytes.substr(0, piece));
    require(read || out.texts.size() == before);
    require(frames.partial() <= kMaxMessage);
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  for (const std::string& text : out.texts) frames.put_text(text);
  frames.take(out.sent);
  out.reads = frames.reads();
  require(out.reads != frames.close_taken());
  if (frames.close_taken()) {
    frames.put_text("more");
    frames.put_ping();
    std::string more;
    frames.take(more);
    require(more.empty());
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  // wslay judges the text of a close frame by pieces: it may find one wrong sooner, or at another
  // place. The connection ends either way, and with the same texts.
  const Seen whole = run(bytes, bytes.size() + 1);
  const Seen pieces = run(bytes, 1 + data[0] % 64);
  require(whole.texts == pieces.texts);
  require(!whole.reads || !pieces.reads || whole.sent == pieces.sent);
  return 0;
}
