// The error member of an answer. Clients see only the codes below.
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
// The meaning of a kind of error, for the documentation.
std::string_view meaning_of(base::Errc errc);

// For an exception, which is always a bug: logs it and answers with the log's number.
RpcError bug(std::string_view method, std::string_view what);

// "get_mesages" is unknown: with the nearest name, if one is near, and where to find the list.
RpcError unknown_method(std::string_view name, const std::vector<std::string_view>& known);

// One answer, as text. `id` is JSON.
std::string error_answer(std::string_view id, const RpcError& error);
std::string result_answer(std::string_view id, std::string_view result);

}  // namespace rpc
