// room: rpc
// Any bytes as the body of a request: nothing crashes, and what is answered is JSON-RPC 2.0.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/log.h"
#include "rpc/service.h"
#include "tests/rpc/sample_methods.h"

namespace {

void need(bool holds) {
  if (!holds) std::abort();
}

void check_answer(const nlohmann::json& answer) {
  need(answer.is_object());
  need(answer.at("jsonrpc") == "2.0");
  need(answer.contains("id"));
  need(answer.contains("result") != answer.contains("error"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::log::set_level(base::log::Level::off);
  static const base::ManualClock clock;
  static rpc::Service service(nullptr, clock, {}, sample::table());
  std::optional<std::string> answer;
  static const base::CancelSource never;
  service.handle({reinterpret_cast<const char*>(data), size},
                 {.closed = never.token(), .input_ended = never.token()},
                 [&](rpc::Reply reply) { answer = std::move(reply.text); });
  while (!sample::held.empty()) sample::commit_all();
  sample::committed.clear();
  need(answer.has_value());
  if (answer->empty()) return 0;  // notifications only
  const auto json = nlohmann::json::parse(*answer, nullptr, false);
  need(!json.is_discarded());
  if (json.is_array()) {
    need(!json.empty());
    for (const auto& each : json) check_answer(each);
  } else {
    check_answer(json);
  }
  return 0;
}
