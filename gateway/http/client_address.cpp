#include "gateway/http/client_address.h"

#include <algorithm>

#include "gateway/text/url.h"

namespace gateway {
namespace {

bool is_forwarded_for(std::string_view name) {
  constexpr std::string_view kName = "x-forwarded-for";
  return std::equal(kName.begin(), kName.end(), name.begin(), name.end(), [](char want, char got) {
    return want == (got >= 'A' && got <= 'Z' ? static_cast<char>(got + 32) : got);
  });
}

std::string_view last_of(std::string_view list) {
  const auto comma = list.find_last_of(',');
  if (comma != std::string_view::npos) list.remove_prefix(comma + 1);
  while (list.starts_with(' ') || list.starts_with('\t')) list.remove_prefix(1);
  while (list.ends_with(' ') || list.ends_with('\t')) list.remove_suffix(1);
  return list;
}

}  // namespace

std::string client_address(const Request& request) {
  if (!is_loopback_host(request.peer)) return request.peer;
  std::string_view named;
  request.head.for_each_field([&](std::string_view name, std::string_view value) {
    if (is_forwarded_for(name)) named = last_of(value);
  });
  return is_address_literal(named) ? std::string(named) : std::string();
}

}  // namespace gateway
