#include "gateway/peer/address.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace gateway {
namespace {

struct Range {
  std::uint32_t network;
  unsigned bits;
  AddressKind kind;
};

// The first that fits counts; addresses in host order.
constexpr std::array kRanges{
    Range{0x00000000, 8, AddressKind::forbidden},   // "this network"; 0.0.0.0 is loopback on Linux
    Range{0x7f000000, 8, AddressKind::loopback},    //
    Range{0x0a000000, 8, AddressKind::private_},    //
    Range{0x646464c8, 32, AddressKind::forbidden},  // 100.100.100.200: Alibaba's metadata
    Range{0x64400000, 10, AddressKind::private_},   // carrier-grade NAT
    Range{0xa83f8110, 32, AddressKind::forbidden},  // 168.63.129.16: Azure's wire server
    Range{0xa9fe0000, 16, AddressKind::forbidden},  // link-local, most clouds' metadata
    Range{0xac100000, 12, AddressKind::private_},   //
    Range{0xc0000000, 24, AddressKind::forbidden},  // IETF assignments, Oracle's metadata
    Range{0xc0a80000, 16, AddressKind::private_},   //
    Range{0xe0000000, 4, AddressKind::forbidden},   // multicast
    Range{0xf0000000, 4, AddressKind::forbidden},   // reserved and broadcast
};

AddressKind kind_of_v4(std::uint32_t address) {
  for (const Range& range : kRanges) {
    if ((address ^ range.network) >> (32 - range.bits) == 0) return range.kind;
  }
  return AddressKind::global;
}

std::uint32_t v4_at(const in6_addr& address, std::size_t offset) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8 | address.s6_addr[offset + i];
  return out;
}

bool begins_with(const in6_addr& address, std::initializer_list<std::uint8_t> bytes) {
  std::size_t i = 0;
  for (const std::uint8_t byte : bytes) {
    if (address.s6_addr[i++] != byte) return false;
  }
  return true;
}

AddressKind kind_of_v6(const in6_addr& address) {
  if (IN6_IS_ADDR_LOOPBACK(&address)) return AddressKind::loopback;
  // IPv4 in IPv6 clothes is judged as what it reaches.
  if (IN6_IS_ADDR_V4MAPPED(&address)) return kind_of_v4(v4_at(address, 12));
  if (begins_with(address, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) {  // NAT64
    return kind_of_v4(v4_at(address, 12));
  }
  if (begins_with(address, {0x20, 0x02})) return kind_of_v4(v4_at(address, 2));       // 6to4
  if (begins_with(address, {0xfd, 0x00, 0x0e, 0xc2})) return AddressKind::forbidden;  // Amazon's
  if (begins_with(address, {0xfd, 0x20, 0x00, 0xce})) return AddressKind::forbidden;  // Google's
  if ((address.s6_addr[0] & 0xfe) == 0xfc) return AddressKind::private_;
  if ((address.s6_addr[0] & 0xe0) == 0x20) return AddressKind::global;  // 2000::/3
  return AddressKind::forbidden;  // unspecified, link-local, site-local, multicast, unassigned
}

}  // namespace

AddressKind kind_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return kind_of_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return kind_of_v6(v6.sin6_addr);
  }
  return AddressKind::forbidden;
}

bool is_allowed(AddressKind kind, const AddressPolicy& policy) {
  switch (kind) {
    case AddressKind::global:
      return true;
    case AddressKind::private_:
      return !policy.public_only;
    case AddressKind::loopback:
      return policy.loopback_allowed;
    case AddressKind::forbidden:
      return false;
  }
  return false;
}

}  // namespace gateway
