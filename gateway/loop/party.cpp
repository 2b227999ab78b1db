#include "gateway/loop/party.h"

#include "gateway/loop/address_group.h"

namespace gateway {
namespace {

// Empty for a client of this machine without a key.
std::string named_party(const rpc::Access& access, std::string_view peer, bool local) {
  if (!access.key_id().empty()) return "key " + access.key_id();
  return local ? std::string() : "net " + address_group(peer);
}

}  // namespace

std::string party_of(const rpc::Access& access, std::string_view peer, bool local,
                     std::uint64_t connection) {
  std::string party = named_party(access, peer, local);
  return party.empty() ? "conn " + std::to_string(connection) : party;
}

std::string stream_party_of(const rpc::Access& access, std::string_view peer, bool local) {
  std::string party = named_party(access, peer, local);
  return party.empty() ? "local streams" : party;
}

}  // namespace gateway
