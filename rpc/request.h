// JSON-RPC 2.0 requests (jsonrpc.org/specification), from a body to calls. Parsing is bounded:
// depth 64, 1,000 calls a batch; the size of a body is bounded before it comes here.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rpc/error.h"

namespace rpc {

class MethodTable;

inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxBatch = 1'000;

struct Request {
  std::string id = "null";    // as JSON, to the letter as it was sent
  bool notification = false;  // no id member: to be executed, never answered
  std::string method;
  nlohmann::json params;            // an array, an object, or null when absent
  std::string params_text;          // their text, when keep_params_text() was asked for it
  std::optional<RpcError> invalid;  // instead of method and params
};

struct Requests {
  bool batch = false;
  std::vector<Request> calls;
  std::optional<RpcError> error;  // the body as a whole is refused
};

// A body that is no call: the same bounds; Errc::invalid_argument, too deep or twice the same
// member too.
base::Result<nlohmann::json> parse_json(std::string_view body);

Requests parse_requests(std::string_view body);

// Copies the text of the params of those calls that pass JSON on. `body` is what `requests` came
// of.
void keep_params_text(Requests& requests, std::string_view body, const MethodTable& table);

}  // namespace rpc
