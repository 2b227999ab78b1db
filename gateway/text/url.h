// PeerUrl: where a gateway is reached by its peers: http or https, a host, a port, and nothing
// else.
//
// Peers' URLs come out of invites and messages, so they are hostile: no user info (it would make us
// send credentials), no path (only /relay/v1/ below the root is ever asked for), no query or
// fragment, no control characters or spaces, 255 bytes at most.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/host.h"
#include "base/result.h"

namespace gateway {

struct PeerUrl {
  bool https = false;
  std::string host;  // lower case; IPv6 without brackets
  std::uint16_t port = 0;

  // "https://edge.example:8443", without the scheme's own port; IPv6 in brackets.
  std::string text() const;
  friend bool operator==(const PeerUrl&, const PeerUrl&) = default;
};

// The message names the fault, never the whole text: what a peer sent does not belong in a log.
base::Result<PeerUrl> parse_peer_url(std::string_view text);

using base::is_address_literal;
using base::is_loopback_host;

}  // namespace gateway
