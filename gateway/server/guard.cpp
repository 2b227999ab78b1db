#include "gateway/server/guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

#include "base/ascii.h"
#include "gateway/http/media_type.h"

namespace gateway {
namespace {

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "http://HOST" or "https://HOST" with HOST exactly as in the Host field.
bool same_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && equals_ignoring_case(origin.substr(scheme.size()), host)) {
      return true;
    }
  }
  return false;
}

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_encoded(const RequestHead& head) {
  if (!head.chunked() && head.content_length().value_or(0) == 0) return false;
  if (head.count("Content-Encoding") > 1) return true;
  // A list; an empty one and one of identities encode nothing.
  std::string_view codings = head.field("Content-Encoding").value_or("");
  while (!codings.empty()) {
    const std::string_view one = without_blanks(codings.substr(0, codings.find(',')));
    if (!one.empty() && !equals_ignoring_case(one, "identity")) return true;
    codings.remove_prefix(std::min(codings.size(), codings.find(',')));
    if (!codings.empty()) codings.remove_prefix(1);
  }
  return false;
}

// Why the body is not taken as its head describes it.
std::optional<Response> judge_body(const RequestHead& head, const Route& route) {
  const std::string_view type = head.field("Content-Type").value_or("");
  if (is_encoded(head)) {
    return Response::error(415,
                           "An encoded body is not taken. Send it as it is, without "
                           "Content-Encoding.")
        .with_header("Accept-Encoding", "identity");
  }
  if (route.json_only && !is_json_type(type)) {
    return Response::error(415, "Send Content-Type: application/json.");
  }
  if (route.bytes_only && is_form_type(type) && !route.upload) {
    return Response::error(415,
                           "A form is not taken. Send the bytes as they are, with another "
                           "Content-Type, such as application/octet-stream.");
  }
  if (route.bytes_only && is_form_type(type)) {
    return Response::error(
        415, "A form is not taken, only the file's bytes: curl -X POST -T FILE 'http://" +
                 std::string(head.field("Host").value_or("127.0.0.1:7200")) + route.path +
                 "?name=NAME', or another Content-Type, such as application/octet-stream.");
  }
  return std::nullopt;
}

// Fields in which proxies, load balancers and content delivery networks name the client they speak
// for, or themselves. No client sends one of them on its own account.
constexpr std::string_view kProxyFields[] = {
    "Ali-CDN-Real-IP",     "CDN-Loop",
    "CF-Connecting-IP",    "CF-Connecting-IPv6",
    "Client-IP",           "DO-Connecting-IP",
    "Fastly-Client-IP",    "Fly-Client-IP",
    "Forwarded",           "Proxy-Client-IP",
    "True-Client-IP",      "Via",
    "WL-Proxy-Client-IP",  "X-AppEngine-User-IP",
    "X-Azure-ClientIP",    "X-Client-IP",
    "X-Cluster-Client-IP", "X-Envoy-External-Address",
    "X-Forwarded",         "X-NF-Client-Connection-IP",
    "X-Originating-IP",    "X-ProxyUser-IP",
    "X-Real-IP",           "X-Remote-Addr",
    "X-Remote-IP",
};
constexpr std::string_view kProxyPrefixes[] = {"Forwarded-", "X-Forwarded-", "X-Original-"};

bool names_a_proxy(std::string_view field) {
  return std::any_of(std::begin(kProxyFields), std::end(kProxyFields),
                     [&](std::string_view known) { return equals_ignoring_case(field, known); }) ||
         std::any_of(std::begin(kProxyPrefixes), std::end(kProxyPrefixes),
                     [&](std::string_view prefix) {
                       return field.size() > prefix.size() &&
                              equals_ignoring_case(field.substr(0, prefix.size()), prefix);
                     });
}

}  // namespace

bool is_ip_literal(std::string_view name) {
  const std::string text(name);
  in6_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

std::string host_name_of(std::string_view host) {
  std::string_view name = host;
  std::string_view port;
  if (!host.empty() && host.front() == '[') {
    const std::size_t close = host.find(']');
    if (close == std::string_view::npos) return {};
    name = host.substr(1, close - 1);
    const std::string_view rest = host.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return {};
    port = rest.empty() ? rest : rest.substr(1);
    if (!is_ip_literal(name)) return {};
  } else if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
    name = host.substr(0, colon);
    port = host.substr(colon + 1);
  }
  if (port.size() > 5 || !all_digits(port)) return {};
  for (const char c : name) {
    const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '.' || c == '_' || c == ':';
    if (!fine) return {};
  }
  std::string out = base::lower_ascii(name);
  if (out.size() > 1 && out.back() == '.') out.pop_back();  // a fully qualified name
  return out;
}

Guard::Guard(GuardOptions options) : any_origin_(options.any_origin) {
  for (const std::string& host : options.hosts) hosts_.push_back(base::lower_ascii(host));
  for (const std::string& origin : options.origins) origins_.push_back(base::lower_ascii(origin));
}

AllowedOrigin Guard::find_origin(std::string_view origin) const {
  if (any_origin_) return kAnyOrigin;
  for (std::size_t i = 0; i < origins_.size(); ++i) {
    if (equals_ignoring_case(origins_[i], origin)) return static_cast<AllowedOrigin>(i);
  }
  return kNoOrigin;
}

void Guard::allow_origin(AllowedOrigin origin, Response& response) const {
  if (any_origin_) {
    if (origin == kNoOrigin) return;
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  } else if (!origins_.empty()) {
    // Also for those of no origin: a cache between must not give one's answer to another.
    response.headers.emplace_back("Vary", "Origin");
    if (origin < 0) return;
    response.headers.emplace_back("Access-Control-Allow-Origin",
                                  origins_[static_cast<std::size_t>(origin)]);
  } else {
    return;
  }
  response.headers.emplace_back(
      "Access-Control-Expose-Headers",
      "Accept-Ranges, Content-Disposition, Content-Range, ETag, Retry-After, X-Request-Id");
}

Response Guard::preflight(const RequestHead& head, std::string_view methods) const {
  Response response = Response::empty(204);
  response.headers = {{"Access-Control-Allow-Methods", std::string(methods)},
                      {"Access-Control-Allow-Headers",
                       "Authorization, Cache-Control, Content-Type, If-Match, If-None-Match, "
                       "If-Range, Last-Event-ID, Range, "
                       "X-API-Key, X-Request-Id"},
                      {"Access-Control-Max-Age", "600"},
                      {"Vary", "Access-Control-Request-Method, Access-Control-Request-Headers"}};
  // A public page that asks for an address of this network (Private Network Access).
  if (head.field("Access-Control-Request-Private-Network") == "true") {
    response.headers.emplace_back("Access-Control-Allow-Private-Network", "true");
  }
  return response;
}

bool Guard::host_allowed(std::string_view host) const {
  const std::string name = host_name_of(host);
  if (name.empty()) return false;
  // A name without a dot cannot be registered, so no stranger can make it point here.
  if (name.find('.') == std::string::npos || is_ip_literal(name)) return true;
  return std::find(hosts_.begin(), hosts_.end(), name) != hosts_.end();
}

Judgement Guard::judge(const RequestHead& head, const Route* route,
                       std::string_view methods) const {
  const std::string_view host = head.field("Host").value_or("");
  // HTTP/1.0 may come without a Host; the scanner saw to it that HTTP/1.1 does not.
  if ((head.field("Host") && !host_allowed(host)) ||
      (!head.authority().empty() && !host_allowed(head.authority()))) {
    return {Response::error(421,
                            "This gateway does not answer for that Host. Use its address, or start "
                            "it with --allow-host NAME.")};
  }
  const auto origin = head.field("Origin");
  if (origin && route != nullptr && route->refuse_origin) {
    return {Response::error(403, "This endpoint is for gateways, not for browsers.")};
  }
  const std::string_view site = head.field("Sec-Fetch-Site").value_or("none");
  // Of two of them another reader might believe the other one.
  const bool one_origin = head.count("Origin") == 1;
  const bool foreign =
      origin &&
      (!one_origin || !same_origin(*origin, head.authority().empty() ? host : head.authority()));
  const AllowedOrigin allowed = foreign && one_origin ? find_origin(*origin) : kNoOrigin;
  // A request that no page's script sent (an image, a form, a frame) has no Origin that could be
  // allowed.
  const bool from_elsewhere =
      !equals_ignoring_case(site, "none") && !equals_ignoring_case(site, "same-origin");
  if (allowed == kNoOrigin && (foreign || from_elsewhere)) {
    return {Response::error(403,
                            "Requests from web pages of other origins are refused. --cors ORIGIN "
                            "allows them for one.")};
  }
  if (allowed != kNoOrigin && head.method() == "OPTIONS" && !methods.empty() &&
      head.field("Access-Control-Request-Method")) {
    return {preflight(head, methods), allowed};
  }
  if (route == nullptr) return {std::nullopt, allowed};
  return {judge_body(head, *route), allowed};
}

bool came_through_proxy(const RequestHead& head) {
  bool found = false;
  head.for_each_field(
      [&](std::string_view name, std::string_view) { found = found || names_a_proxy(name); });
  return found;
}

}  // namespace gateway
