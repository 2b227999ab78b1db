#include "gateway/loop/address_group.h"

#include <arpa/inet.h>

#include "base/bytes.h"

namespace gateway {

std::string address_group(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return std::string(address);
  in6_addr v6{};
  if (inet_pton(AF_INET6, std::string(address).c_str(), &v6) != 1) return std::string(address);
  return base::to_hex({v6.s6_addr, 8});
}

}  // namespace gateway
