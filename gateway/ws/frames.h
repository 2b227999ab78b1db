// WebSocketFrames: the server's side of a WebSocket's framing (RFC 6455) as bytes in and bytes out,
// by wslay: no socket, no time. Text messages come out whole; pings are answered with pongs; what
// breaks the protocol, is no UTF-8, is binary or is too long queues a close frame that says so, and
// nothing is read after it.
//
// Memory: the message that is being received (max_message at most), and the bytes that were put and
// not taken: while nobody takes them the caller must not feed, because pings are answered.
//
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace gateway {

// RFC 6455, 7.4.1.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003,
  not_utf8 = 1007,
  policy = 1008,
  too_big = 1009,
};

class WebSocketFrames {
 public:
  using OnText = std::function<void(std::string)>;
  // `on_text` is called by feed(), for each whole message; it may put and close, not feed.
  WebSocketFrames(std::size_t max_message, OnText on_text);
  ~WebSocketFrames();
  WebSocketFrames(const WebSocketFrames&) = delete;
  WebSocketFrames& operator=(const WebSocketFrames&) = delete;

  // Bytes as they arrived; dropped once reads() is false.
  void feed(std::string_view bytes);
  // False once a close frame came or was put, or something was wrong.
  bool reads() const;
  // Bytes of the message that is being received.
  std::size_t partial() const;

  // After close() nothing is put.
  void put_text(std::string_view text);
  void put_ping();
  // `reason` has 123 bytes at most; the rest is cut off.
  void close(CloseCode code, std::string_view reason);
  // The bytes that were put, pongs among them, and not taken; roughly.
  std::size_t waiting() const;
  // Appends to `out` what is to be sent.
  void take(std::string& out);
  // Whether a close frame is among what was taken: nothing follows it.
  bool close_taken() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace gateway
