// PartialRequest: the request of a connection whose head is judged and whose body arrives. The
// request is made here once, and moved to whoever runs it.
#pragma once

#include <cstdint>

#include "gateway/http/message.h"
#include "gateway/http/route.h"
#include "gateway/server/body_decoder.h"

namespace gateway {

inline constexpr std::size_t kMinBodyProgress = 1024;  // within HttpOptions::body_timeout

struct PartialRequest {
  Request request;
  const Route* route = nullptr;
  bool has_body = false;          // by its head
  bool expects_continue = false;  // the client waits for 100
  BodyDecoder decoder;
  std::uint64_t mark = 0;  // decoder.total() when the present wait began

  // True when enough came since it last returned true.
  bool progressed() {
    if (decoder.total() - mark < kMinBodyProgress) return false;
    mark = decoder.total();
    return true;
  }
};

}  // namespace gateway
