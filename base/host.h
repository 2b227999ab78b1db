// Hosts as they stand in a URL: a name, or an IPv4 or IPv6 literal without brackets.
#pragma once

#include <string_view>

namespace base {

// True for localhost, *.localhost (a dot at the end or not) and loopback address literals.
bool is_loopback_host(std::string_view host);
// True for a host that is an IPv4 or IPv6 literal.
bool is_address_literal(std::string_view host);
// The host of scheme://host[:port][/…], as it is written; "" when there is none.
std::string_view host_of_url(std::string_view url);

}  // namespace base
