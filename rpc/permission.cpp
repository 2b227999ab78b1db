#include "rpc/permission.h"

#include <fmt/format.h>

#include "rpc/method.h"

namespace rpc {
namespace {

RpcError refused(const Method& method, std::string_view lacks) {
  return {Code::scope_missing,
          fmt::format("{}: this API key lacks {}; privitty-edge keys add makes one that has it",
                      method.name, lacks)};
}

}  // namespace

std::string lacking_account(base::AccountId account) {
  return fmt::format("account {}", account.value);
}

std::optional<RpcError> refusal_of(const Method& method, const Access& access,
                                   const nlohmann::json& params) {
  if (!access.may(method.row.scope)) {
    return refused(method, fmt::format("the scope {}", written(method.row.scope)));
  }
  if (!access.all_accounts() && !method.names_account &&
      method.row.touches == TouchedAccounts::all) {
    return refused(method, "the right to all accounts: it is for some of them only");
  }
  if (method.lacking == nullptr) return std::nullopt;
  if (const auto lacks = method.lacking(access, JsonValue(params))) return refused(method, *lacks);
  return std::nullopt;
}

}  // namespace rpc
