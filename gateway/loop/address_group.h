// The key by which limits per client address count.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

// An IPv4 address as it is; of an IPv6 address its /64, because the holder of one address there has
// all of them.
std::string address_group(std::string_view address);

}  // namespace gateway
