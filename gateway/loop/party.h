// Party: the name of who causes some work. Workers serve parties in turn, so that one party's work
// delays another by one piece at most (decision 33).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rpc/access.h"

namespace gateway {

// The key where there is one, whatever connections it uses; else the client's address (an IPv6
// /64); for this machine's own clients, which share an address, the connection.
std::string party_of(const rpc::Access& access, std::string_view peer, bool local,
                     std::uint64_t connection);

// Of a stream: as above, but streams of this machine's own clients are one party, however many
// there are: each costs little after its beginning.
std::string stream_party_of(const rpc::Access& access, std::string_view peer, bool local);

}  // namespace gateway
