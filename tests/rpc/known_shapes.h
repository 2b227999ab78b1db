// One gateway whose answers are compared with the shapes that clients know.
#pragma once

#include <chrono>
#include <string_view>
#include <utility>

#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"
#include "tests/rpc/schema_check.h"
#include "tests/support/catch.h"

class KnownShapes : public OneGateway {
 public:
  nlohmann::json ok(std::string_view method, nlohmann::json params = nlohmann::json::array()) {
    return result(service(), method, std::move(params));
  }
  nlohmann::json error(std::string_view method, nlohmann::json params) {
    const nlohmann::json answer = call(service(), method, std::move(params));
    REQUIRE(answer.contains("error"));
    return answer["error"];
  }
  void shape(std::string_view schema, const nlohmann::json& value) {
    CHECK(reference_.fault(schema, value) == "");
  }
  int saved() { return ok("create_chat_by_contact_id", {1, 1}); }

  // Polls until it holds; fails the test after a minute.
  template <class F>
  void until(F holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!holds()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      ok("sleep", {0.01});
    }
  }

 private:
  SchemaCheck reference_ = SchemaCheck::reference();
};
