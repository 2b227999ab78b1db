// Ways in: how an account is reached, one row for each. An account has at least one; peers are
// given the first.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/tables/protocol_kind.h"
#include "store/tables/scope.h"

namespace store {

struct WayIn {
  std::int64_t id = 0;
  ProtocolKind kind = ProtocolKind::gateway;
  // Sealed:
  std::string addr;     // as people see it
  std::string mailbox;  // of the gateways' own protocol: the name that peers deposit to
};

base::Result<> insert_way_in(const Scope& scope, const WayIn& way);
// Its kind, address and mailbox; the way in is there.
base::Result<> update_way_in(const Scope& scope, const WayIn& way);
// By id. Errc::sealed when one is not intact: the account would be reached elsewhere.
base::Result<std::vector<WayIn>> list_ways_in(const Scope& scope);

}  // namespace store
