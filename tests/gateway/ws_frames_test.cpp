#include <vector>

#include "gateway/ws/frames.h"
#include "gateway/ws/handshake.h"
#include "tests/support/catch.h"

namespace {

using gateway::CloseCode;
using gateway::WebSocketFrames;

// A client's frame, masked.
std::string frame(int opcode, std::string_view payload, bool fin = true) {
  std::string out(1, static_cast<char>((fin ? 0x80 : 0) | opcode));
  REQUIRE(payload.size() < 65'536);
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  const std::string_view mask("\x11\x22\x33\x44", 4);
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out += static_cast<char>(payload[i] ^ mask[i % 4]);
  }
  return out;
}

struct Peer {
  std::vector<std::string> texts;
  WebSocketFrames frames;

  explicit Peer(std::size_t max = 1000)
      : frames(max, [this](std::string text) { texts.push_back(std::move(text)); }) {}
  std::string taken() {
    std::string out;
    frames.take(out);
    return out;
  }
  // The code of the close frame that was taken; 0: it has none.
  int close_code() {
    const std::string out = taken();
    REQUIRE(out.size() >= 2);
    REQUIRE(static_cast<std::uint8_t>(out[0]) == 0x88);
    if (out.size() < 4) return 0;
    return static_cast<std::uint8_t>(out[2]) << 8 | static_cast<std::uint8_t>(out[3]);
  }
};

TEST_CASE("a text comes out whole, however its frames are cut and its bytes arrive") {
  const std::string text(300, 'x');
  const std::string bytes = frame(1, text) + frame(1, "a", false) + frame(9, "ping") +
                            frame(0, "", false) + frame(0, "b");
  for (std::size_t size = 1; size <= bytes.size(); size += size < 20 ? 1 : 37) {
    Peer peer;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      peer.frames.feed(std::string_view(bytes).substr(at, size));
    }
    CHECK(peer.texts == std::vector<std::string>{text, "ab"});
    CHECK(peer.taken() == std::string("\x8a\x04ping", 6));
    CHECK(peer.frames.reads());
    CHECK(peer.frames.partial() == 0);
  }
}

TEST_CASE("a message over the limit is refused by the head of the frame that exceeds it") {
  Peer peer(10);
  peer.frames.feed(frame(1, "0123456789"));
  CHECK(peer.texts.size() == 1);
  peer.frames.feed(frame(1, "01234", false));
  CHECK(peer.frames.partial() == 5);
  peer.frames.feed(frame(0, "567890").substr(0, 7));  // one byte of its payload
  CHECK_FALSE(peer.frames.reads());
  CHECK(peer.close_code() == 1009);
  peer.frames.feed(frame(1, "late"));
  CHECK(peer.texts.size() == 1);
}

TEST_CASE("what breaks the protocol is answered with a close frame and nothing after it") {
  const std::pair<std::string, int> wrong[] = {
      {frame(2, "binary"), 1003},
      {frame(1, "\xff"), 1007},
      {frame(1, "\xc3"), 1007},
      {frame(0, "x"), 1002},
      {frame(3, "x"), 1002},
      {frame(1, "a", false) + frame(1, "b"), 1002},
      {std::string("\x81\x01x"), 1002},  // not masked
      // wslay says nothing of these but that it closes.
      {frame(9, std::string(126, 'x')), 0},
      {frame(9, "x", false), 0},
      {frame(8, "x"), 0},
  };
  for (const auto& [bytes, code] : wrong) {
    CAPTURE(bytes);
    Peer peer;
    peer.frames.feed(bytes);
    CHECK_FALSE(peer.frames.reads());
    CHECK(peer.close_code() == code);
    CHECK(peer.frames.close_taken());
    CHECK(peer.texts.empty());
    peer.frames.put_text("more");
    CHECK(peer.taken().empty());
  }
}

TEST_CASE("what is put goes out in order, and a close frame ends it") {
  Peer peer;
  peer.frames.put_text("one");
  CHECK(peer.taken() == "\x81\x03one");
  const std::string large(70'000, 'y');
  peer.frames.put_text(large);
  CHECK(peer.taken() == std::string("\x81\x7f\0\0\0\0\0\x01\x11\x70", 10) + large);
  peer.frames.put_ping();
  CHECK(peer.taken() == std::string("\x89\0", 2));
  peer.frames.close(CloseCode::going_away, "bye" + std::string(200, '!'));
  CHECK_FALSE(peer.frames.reads());
  CHECK_FALSE(peer.frames.close_taken());
  const std::string close = peer.taken();
  CHECK(close.size() == 127);
  CHECK(close.substr(0, 7) ==
        "\x88\x7d\x03\xe9"
        "bye");
  CHECK(peer.frames.close_taken());
}

TEST_CASE("a handshake is accepted as in RFC 6455, and refused with what it lacks") {
  const std::string head =
      "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\nConnection: keep-alive, "
      "Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  const auto accept = [](const std::string& text) {
    auto scan = gateway::scan_head(text);
    REQUIRE(scan.state == gateway::HeadScan::State::complete);
    return gateway::accept_websocket(scan.head);
  };
  CHECK(*accept(head) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  for (const auto& [from, to] : std::initializer_list<std::pair<std::string, std::string>>{
           {"HTTP/1.1", "HTTP/1.0"},
           {"Upgrade: WebSocket", "Upgrade: h2c"},
           {"keep-alive, Upgrade", "keep-alive"},
           {"Version: 13", "Version: 12"},
           {"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ="},
           {"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ!!"},
           {"Sec-WebSocket-Key", "Sec-WebSocket-Keys"}}) {
    std::string changed = head;
    changed.replace(changed.find(from), from.size(), to);
    CAPTURE(changed);
    CHECK_FALSE(accept(changed));
  }
}

}  // namespace
