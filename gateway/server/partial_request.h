// PartialRequest: the request of a connection whose head is judged and whose body arrives.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/http/head.h"
#include "gateway/http/route.h"
#include "gateway/server/body_decoder.h"

namespace gateway {

inline constexpr std::size_t kMinBodyProgress = 1024;  // within HttpOptions::body_timeout

struct PartialRequest {
  RequestHead head;
  const Route* route = nullptr;
  BodyDecoder decoder;
  std::string body;
  std::uint64_t mark = 0;  // decoder.total() when the present wait began

  bool has_body() const { return head.chunked() || head.content_length().value_or(0) > 0; }
  // True when enough came since the last time it said so.
  bool progressed() {
    if (decoder.total() - mark < kMinBodyProgress) return false;
    mark = decoder.total();
    return true;
  }
};

}  // namespace gateway
