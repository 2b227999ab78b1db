#include "gateway/http/route.h"

namespace gateway {
namespace {

std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(1);  // its slash
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& captures) {
  captures.clear();
  while (!pattern.empty() && !path.empty()) {
    const std::string_view want = next_segment(pattern);
    const std::string_view got = next_segment(path);
    if (want.starts_with(':')) {
      if (got.empty()) return false;
      captures.emplace_back(got);
    } else if (want != got) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

void RouteTable::add(Route route) {
  route.figures = std::make_shared<RouteFigures>();
  routes_.push_back(std::make_unique<Route>(std::move(route)));
}

RouteTable::Match RouteTable::find(std::string_view method, std::string_view path,
                                   ListenerKind listener) const {
  Match match;
  if (path.empty() || path.front() != '/') return match;
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::vector<std::string> captures;
  for (const auto& route : routes_) {
    if ((route->listeners & static_cast<std::uint8_t>(listener)) == 0) continue;
    if (!matches(route->path, path, captures)) continue;
    if (route->method == wanted) {
      match.route = route.get();
      match.captures = std::move(captures);
      return match;
    }
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += route->method == "GET" ? "GET, HEAD" : route->method;
  }
  return match;
}

void RouteTable::add_absent(std::string begin, std::string how) {
  absent_.emplace_back(std::move(begin), std::move(how));
}

std::string RouteTable::missing(std::string_view path, ListenerKind listener) const {
  for (const auto& [begin, how] : absent_) {
    const bool below =
        path.starts_with(begin) && (path.size() == begin.size() || path[begin.size()] == '/');
    if (below && listener == ListenerKind::main) return how;
  }
  std::string list;
  for (const auto& route : routes_) {
    if ((route->listeners & static_cast<std::uint8_t>(listener)) == 0) continue;
    if (!list.empty()) list += ", ";
    list += route->method + ' ' + route->path;
  }
  return "No such endpoint. Try " + list + ".";
}

}  // namespace gateway
