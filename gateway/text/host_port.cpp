#include "gateway/text/host_port.h"

#include <algorithm>
#include <charconv>

#include "gateway/text/url.h"

namespace gateway {

using base::Errc;
using base::fail;

std::string HostPort::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool HostPort::is_loopback() const { return is_loopback_host(host); }
bool HostPort::is_wildcard() const { return host == "0.0.0.0" || host == "::"; }

base::Result<HostPort> parse_host_port(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(Errc::invalid_argument,
                "expected HOST:PORT such as 127.0.0.1:7200 or [::1]:7200, " + std::string(why));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("there is no colon");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  unsigned port = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || fault != std::errc{} || end != digits.data() + digits.size() ||
      port > 65535) {
    return wrong("the port is not a number from 0 to 65535");
  }
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos || !is_address_literal(host)) {
      return wrong("what stands in brackets is not an IPv6 address");
    }
  } else if (host.find(':') != std::string_view::npos) {
    return wrong("an IPv6 address stands in brackets");
  }
  if (host.empty()) return wrong("the host is missing (0.0.0.0 is every address)");
  if (host.size() > 253 || std::any_of(host.begin(), host.end(), [](char c) {
        return c <= ' ' || c > '~' || c == '/' || c == '@';
      })) {
    return wrong("the host is not a name or address");
  }
  return HostPort{std::string(host), static_cast<std::uint16_t>(port)};
}

}  // namespace gateway
