// Which network addresses a peer's URL may lead to. Resists server-side request forgery: an invite
// whose host name resolves to this machine, a cloud's metadata service or a printer. Judged on the
// address that is connected to, after resolution, so that a name which changes between look-up and
// connection gains nothing.
#pragma once

#include <string_view>

struct sockaddr;

namespace gateway {

enum class AddressKind {
  global,    // anywhere on the internet
  private_,  // RFC 1918, carrier NAT, IPv6 unique local
  loopback,
  forbidden,  // link-local, multicast, reserved, unspecified, metadata services, not IP at all
};

AddressKind kind_of(const sockaddr& address);

struct AddressPolicy {
  bool loopback_allowed = false;  // only while our own URL is a loopback one
  bool public_only = false;       // --peers-public-only
};

bool is_allowed(AddressKind kind, const AddressPolicy& policy);

}  // namespace gateway
