// The status line and fields of an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace gateway {

std::string_view reason_of(int status);

struct ResponseFraming {
  std::optional<std::uint64_t> length;  // nothing: until the connection ends, or by chunks
  bool chunked = false;                 // Transfer-Encoding: chunked
  bool upgrade = false;                 // Connection: Upgrade
  bool keep_alive = true;
  bool http_1_0 = false;  // such a client gets a header when the connection stays open
  std::string_view date;  // RFC 9110, 6.6.1; "" leaves it out
};

// Appends the head to `out`. Fields with a bad name or with CR, LF or NUL in them are left out: no
// value, wherever it came from, can begin a line of its own (response splitting).
void append_response_head(std::string& out, const Response& response,
                          const ResponseFraming& framing);

// "Sat, 21 Nov 2026 09:25:20 GMT"
std::string http_date(std::int64_t unix_seconds);

}  // namespace gateway
