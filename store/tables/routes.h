// Routes. Those of the gateways' own protocol say where a peer's mailbox is reached and the token
// that allows our deposits there, all sealed. The table has routes of every protocol (`kind`), each
// sealed in a form of its own. By mail all contacts share one route, the account's own server.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/tables/scope.h"

namespace store {

struct RouteWay {
  std::vector<std::string> urls;  // 1 to 3
  std::string mailbox;
  std::array<std::uint8_t, 32> token{};
  // A deposit to these URLs succeeded once. Until then they are only a claim: they may belong to
  // somebody who knows nothing of it.
  bool reached = false;
};

struct RouteRow {
  std::int64_t id = 0;
  RouteWay way;
  std::optional<RouteWay> second = std::nullopt;  // tried when the first is refused
};

// The functions below handle the gateways' routes alone; others count as absent.
base::Result<> insert_route(const Scope& scope, const RouteRow& row);
base::Result<> update_route(const Scope& scope, const RouteRow& row);
base::Result<> delete_route(const Scope& scope, std::int64_t id);
base::Result<std::optional<RouteRow>> find_route(const Scope& scope, std::int64_t id);

// The one route of an account's mails.
base::Result<> insert_mail_route(const Scope& scope, std::int64_t id);
base::Result<std::optional<std::int64_t>> find_mail_route(const Scope& scope);

}  // namespace store
