#include "gateway/text/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"

namespace gateway {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxUrl = 255;

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.front() == '.' || host.front() == '-') return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

// Digits and dots alone, or a 0x part, are addresses in disguise ("2130706433", "0x7f.1") that
// resolvers accept: only the plain dotted form is let through, as a literal.
bool is_disguised_address(std::string_view host) {
  const auto last = host.substr(host.find_last_of('.', host.size() - 2) + 1);
  return !last.empty() && last.front() >= '0' && last.front() <= '9';
}

bool is_v4(const std::string& host) {
  in_addr v4{};
  return inet_pton(AF_INET, host.c_str(), &v4) == 1;
}
bool is_v6(const std::string& host) {
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1;
}

base::Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (fault != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535) {
    return fail(Errc::invalid_argument, "the URL's port is not a number from 1 to 65535");
  }
  return static_cast<std::uint16_t>(port);
}

}  // namespace

std::string PeerUrl::text() const {
  std::string out = https ? "https://" : "http://";
  const bool v6 = host.find(':') != std::string::npos;
  out += v6 ? "[" + host + "]" : host;
  if (port != (https ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

base::Result<PeerUrl> parse_peer_url(std::string_view text) {
  if (text.size() > kMaxUrl) return fail(Errc::too_large, "the URL is longer than 255 bytes");
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '\\') {
      return fail(Errc::invalid_argument, "the URL holds a space, backslash or non-ASCII byte");
    }
  }
  PeerUrl url;
  const auto scheme_end = text.find("://");
  const std::string scheme = base::lower_ascii(text.substr(0, std::min(scheme_end, text.size())));
  if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return fail(Errc::invalid_argument, "the URL must begin with http:// or https://");
  }
  url.https = scheme == "https";
  std::string_view authority = text.substr(scheme_end + 3);
  if (authority.find_first_of("?#") != std::string_view::npos) {
    return fail(Errc::invalid_argument, "the URL must not have a query or fragment");
  }
  if (!authority.empty() && authority.back() == '/') authority.remove_suffix(1);
  if (authority.find('/') != std::string_view::npos) {
    return fail(Errc::invalid_argument, "the URL must end with its host and port, without a path");
  }
  if (authority.find('@') != std::string_view::npos) {
    return fail(Errc::invalid_argument, "the URL must not hold a user name or password");
  }

  std::string_view port_text;
  bool has_port = false;
  if (!authority.empty() && authority.front() == '[') {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) {
      return fail(Errc::invalid_argument, "the URL's IPv6 address lacks its ]");
    }
    url.host = base::lower_ascii(authority.substr(1, close - 1));
    if (!is_v6(url.host)) return fail(Errc::invalid_argument, "the URL's IPv6 address is not one");
    const auto rest = authority.substr(close + 1);
    has_port = !rest.empty();
    if (has_port && rest.front() != ':') {
      return fail(Errc::invalid_argument, "the URL holds something after its IPv6 address");
    }
    if (has_port) port_text = rest.substr(1);
  } else {
    const auto colon = authority.find(':');
    has_port = colon != std::string_view::npos;
    if (has_port) port_text = authority.substr(colon + 1);
    url.host = base::lower_ascii(authority.substr(0, std::min(colon, authority.size())));
    if (!is_host_name(url.host)) {
      return fail(Errc::invalid_argument, "the URL's host name is missing or not one");
    }
    if (is_disguised_address(url.host) && !is_v4(url.host)) {
      return fail(Errc::invalid_argument, "the URL's IPv4 address must be four plain numbers");
    }
  }
  url.port = url.https ? 443 : 80;
  if (has_port) {
    EDGE_TRY(url.port, parse_port(port_text));
  }
  return url;
}

}  // namespace gateway
