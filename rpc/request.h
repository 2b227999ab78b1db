// JSON-RPC 2.0 requests (jsonrpc.org/specification), from a body to calls. Parsing is bounded:
// depth 64, 250,000 values a body, 1,000 calls a batch; the size of a body is bounded before it
// comes here.
//
// A body is checked as a whole without building a tree, and each call is built when its turn comes
// (rpc/json_scan.h gives the reason): an error in one call concerns that call alone.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rpc/error.h"
#include "rpc/json_scan.h"

namespace rpc {

inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxBatch = 1'000;
// 16 MiB hold up to eight million values, which would take 600 MiB once built, and while a call of
// a million is built and freed others wait for the allocator. No honest body comes near this: a
// batch of a thousand calls has some ten thousand.
inline constexpr std::size_t kMaxValues = 250'000;

struct Request {
  std::string id = "null";    // as JSON, to the letter as it was sent
  bool notification = false;  // no id member: to be executed, never answered
  std::string method;
  nlohmann::json params;            // an array, an object, or null when absent
  std::string params_text;          // their text, where a method passes JSON on
  std::optional<RpcError> invalid;  // instead of method and params
};

// A body that is JSON, and where its calls stand in it. Movable.
class Requests {
 public:
  // The error of the body as a whole; without one there is at least one call.
  std::optional<RpcError> error;
  bool batch = false;

  std::size_t size() const { return calls_.size(); }
  std::string_view text(std::size_t call) const {
    return std::string_view(body_).substr(calls_[call].first, calls_[call].second);
  }

 private:
  friend Requests read_requests(std::string body);
  std::string body_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> calls_;  // begin and size in body_
};

Requests read_requests(std::string body);

// One call, from its text in a body that read_requests() accepted.
Request parse_call(std::string_view text);

// Parses a body that is no call, of at most `values` values; Errc::invalid_argument for invalid
// JSON, too much depth or size, and repeated members.
base::Result<nlohmann::json> parse_json(std::string_view body, std::size_t values = kMaxValues);

}  // namespace rpc
