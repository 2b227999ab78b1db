// The error member of an answer. Codes below are all that clients ever see.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rpc {

enum class Code : int {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  internal = -32603,  // an account error or a bug; the message says what a person can do
  license_required = -32001,
  scope_missing = -32003,
};

struct RpcError {
  Code code = Code::internal;
  std::string message;
};

// The only place where messaging's errors become codes. A bug's text stays in the log, beside the
// number that the answer names.
RpcError to_rpc_error(base::Error error);
Code code_of(base::Errc errc);
// What a kind of error means, for the documentation.
std::string_view meaning_of(base::Errc errc);

// For an exception, which is always a bug: logs it and answers with its number.
RpcError bug(std::string_view method, std::string_view what);

// "get_mesages" is unknown: the nearest name, if any is near, and where to find them all.
RpcError unknown_method(std::string_view name, const std::vector<std::string_view>& known);

// One answer, as text. `id` is JSON.
std::string error_answer(std::string_view id, const RpcError& error);
std::string result_answer(std::string_view id, std::string_view result);

}  // namespace rpc
