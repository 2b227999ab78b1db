// HostPort: an address to listen on, as people write it: HOST:PORT, IPv6 in brackets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gateway {

struct HostPort {
  std::string host;        // a literal or a name; IPv6 without brackets
  std::uint16_t port = 0;  // 0: any free one

  std::string text() const;
  bool is_loopback() const;
  bool is_wildcard() const;  // 0.0.0.0 or ::
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

base::Result<HostPort> parse_host_port(std::string_view text);

}  // namespace gateway
