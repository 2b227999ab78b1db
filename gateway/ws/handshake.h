// The opening handshake of a WebSocket (RFC 6455, section 4.2).
#pragma once

#include <string>

#include "base/result.h"
#include "gateway/http/head.h"

namespace gateway {

// What Sec-WebSocket-Accept has to be for this request. An error says what the request lacks, for
// the caller's eyes: HTTP/1.1, the fields Upgrade, Connection, Sec-WebSocket-Version 13 and
// Sec-WebSocket-Key.
base::Result<std::string> accept_websocket(const RequestHead& head);

}  // namespace gateway
