// Guard: what is refused before any endpoint sees it, so that a web page cannot drive a daemon on
// this machine (contract "Security defaults", decision 28). One place, pure functions of the head.
//
// Attacks it stands against: DNS rebinding (Host), cross-site posts and "simple requests" (Origin,
// Sec-Fetch-Site, the JSON media type), proxies that make strangers look local (Forwarded and kin).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.h"
#include "gateway/http/route.h"

namespace gateway {

struct GuardOptions {
  std::vector<std::string> hosts = {};    // of --public-url and --allow-host: names without port
  std::vector<std::string> origins = {};  // of --cors: pages of these may call
  bool any_origin = false;                // --cors without a value: pages of any may
};

// Which of the allowed origins a request came from: its place in GuardOptions::origins.
using AllowedOrigin = std::int16_t;
inline constexpr AllowedOrigin kNoOrigin = -1;
inline constexpr AllowedOrigin kAnyOrigin = -2;

struct Judgement {
  std::optional<Response> answer = std::nullopt;  // to refuse with, or to a preflight
  AllowedOrigin origin = kNoOrigin;
};

class Guard {
 public:
  explicit Guard(GuardOptions options);
  // Judges Host, Origin and Sec-Fetch-Site for every request, and for a known route its media type
  // and refusal of origins. Answers a preflight (Fetch, "CORS-preflight fetch") of an allowed
  // origin; `methods` are those that the path knows.
  Judgement judge(const RequestHead& head, const Route* route, std::string_view methods = {}) const;
  // The headers of an answer to that origin, so that its page may read it. Never Allow-Credentials:
  // no cookie is used here, and pages must not act with those of their visitors.
  void allow_origin(AllowedOrigin origin, Response& response) const;
  // IP literal, localhost, a name without a dot, or one of options.hosts; any port.
  bool host_allowed(std::string_view host) const;

 private:
  AllowedOrigin find_origin(std::string_view origin) const;
  Response preflight(const RequestHead& head, std::string_view methods) const;

  std::vector<std::string> hosts_;    // lower case
  std::vector<std::string> origins_;  // lower case
  const bool any_origin_;
};

// True when a proxy says that it passed the request on: the caller is then not this machine.
bool came_through_proxy(const RequestHead& head);
// Host without port and brackets, lower case; empty when malformed.
std::string host_name_of(std::string_view host);
bool is_ip_literal(std::string_view name);

}  // namespace gateway
