#include "gateway/ws/handshake.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>

#include <array>

namespace gateway {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
constexpr std::size_t kKeyBytes = 16;

// Whether the key is the base64 of 16 bytes.
bool is_key(std::string_view key) {
  std::array<std::uint8_t, BASE64_DECODE_LENGTH(24)> bytes{};
  if (key.size() != 24) return false;
  base64_decode_ctx context;
  nettle_base64_decode_init(&context);
  std::size_t size = bytes.size();
  return nettle_base64_decode_update(&context, &size, bytes.data(), key.size(), key.data()) == 1 &&
         nettle_base64_decode_final(&context) == 1 && size == kKeyBytes;
}

std::string base64_of_sha1(std::string_view text) {
  sha1_ctx context;
  nettle_sha1_init(&context);
  nettle_sha1_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  std::array<std::uint8_t, SHA1_DIGEST_SIZE> digest{};
  nettle_sha1_digest(&context, digest.size(), digest.data());
  std::string out(BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE), '\0');
  nettle_base64_encode_raw(out.data(), digest.size(), digest.data());
  return out;
}

}  // namespace

base::Result<std::string> accept_websocket(const RequestHead& head) {
  const auto refuse = [](std::string_view what) {
    return base::fail(base::Errc::invalid_argument, std::string(what));
  };
  if (head.minor_version() < 1 || !head.lists("Upgrade", "websocket") ||
      !head.lists("Connection", "upgrade")) {
    return refuse(
        "This is a WebSocket: open it as one (ws://…/ws). A proxy in between has to pass Upgrade "
        "and Connection on. Calls without one are POST /rpc.");
  }
  if (head.count("Sec-WebSocket-Version") != 1 || head.field("Sec-WebSocket-Version") != "13") {
    return refuse("Only version 13 of the WebSocket protocol is spoken here.");
  }
  const std::string_view key = head.field("Sec-WebSocket-Key").value_or("");
  if (head.count("Sec-WebSocket-Key") != 1 || !is_key(key)) {
    return refuse("Sec-WebSocket-Key has to be 16 bytes in base64, once.");
  }
  std::string text(key);
  text += kGuid;
  return base64_of_sha1(text);
}

}  // namespace gateway
