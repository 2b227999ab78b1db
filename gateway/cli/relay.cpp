#include "gateway/cli/relay.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "crypto/init.h"
#include "gateway/cli/offline.h"
#include "gateway/cli/print.h"
#include "store/relay/admissions.h"
#include "store/relay/relay_store.h"

namespace gateway::cli {
namespace {

base::Result<> admit(store::Connection& db, const RelayRequest& request) {
  const std::string token = store::new_admission_token();
  EDGE_CHECK(store::insert_admission(db, request.name, store::admission_hash(token),
                                     base::SystemClock().now()));
  if (request.json) {
    std::printf("%s\n", nlohmann::json{{"name", request.name}, {"token", token}}.dump().c_str());
    return {};
  }
  std::fprintf(
      stderr,
      "The token for %s; it is shown once and stored as a hash. On the device put it into\n"
      "a file for --relay-token-file, or: privitty-edge call set_config "
      "'[1,\"relay_token\",\"TOKEN\"]'\n",
      request.name.c_str());
  std::printf("%s\n", token.c_str());
  return {};
}

base::Result<> list(store::Connection& db, bool json) {
  EDGE_TRY(const auto admissions, store::list_admissions(db));
  auto all = nlohmann::json::array();
  for (const store::Admission& one : admissions) {
    if (json) {
      all.push_back(
          {{"name", one.name},
           {"created_at", one.created_at},
           {"revoked_at", one.revoked_at ? nlohmann::json(*one.revoked_at) : nlohmann::json()},
           {"mailboxes", one.mailboxes},
           {"bytes", one.bytes}});
      continue;
    }
    std::printf("%-24s %-8s %4lld mailboxes %12lld bytes\n", plain(one.name).c_str(),
                one.revoked_at ? "revoked" : "admitted", static_cast<long long>(one.mailboxes),
                static_cast<long long>(one.bytes));
  }
  if (json) std::printf("%s\n", all.dump().c_str());
  if (!json && admissions.empty()) {
    std::printf("nobody is admitted yet: privitty-edge relay admit NAME\n");
  }
  return {};
}

}  // namespace

base::Result<> relay(const RelayRequest& request, const Surroundings& surroundings) {
  EDGE_CHECK(crypto::init());
  EDGE_TRY(const std::string dir, accounts_dir(request.accounts, surroundings));
  EDGE_TRY(const auto db, store::open_relay_database({.dir = dir}));
  if (request.what == "admit") return admit(*db, request);
  if (request.what == "list") return list(*db, request.json);
  EDGE_CHECK(store::revoke_admission(*db, request.name, base::SystemClock().now()));
  std::printf("%s is admitted no more: its mailboxes take nothing and give nothing out\n",
              request.name.c_str());
  return {};
}

}  // namespace gateway::cli
