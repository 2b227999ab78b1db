// Guard: what is refused before any endpoint sees it, so that a web page cannot drive a daemon on
// this machine (contract "Security defaults", decision 28). One place, pure functions of the head.
//
// Attacks it stands against: DNS rebinding (Host), cross-site posts and "simple requests" (Origin,
// Sec-Fetch-Site, the JSON media type), proxies that make strangers look local (Forwarded and kin).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.h"
#include "gateway/http/route.h"

namespace gateway {

struct GuardOptions {
  std::vector<std::string> hosts = {};  // of --public-url and --allow-host: names without port
  // Origins that --cors allows will stand here; none: cross-origin requests are refused.
};

class Guard {
 public:
  explicit Guard(GuardOptions options);
  // The answer to refuse with, or nothing. Judges Host, Origin and Sec-Fetch-Site for every
  // request, and for a known route its media type and refusal of origins.
  std::optional<Response> judge(const RequestHead& head, const Route* route) const;
  // IP literal, localhost, a name without a dot, or one of options.hosts; any port.
  bool host_allowed(std::string_view host) const;

 private:
  std::vector<std::string> hosts_;  // lower case
};

// True when a proxy says that it passed the request on: the caller is then not this machine.
bool came_through_proxy(const RequestHead& head);
// Host without port and brackets, lower case; empty when malformed.
std::string host_name_of(std::string_view host);
bool is_ip_literal(std::string_view name);

}  // namespace gateway
