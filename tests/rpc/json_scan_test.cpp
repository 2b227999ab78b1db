#include "rpc/json_scan.h"

#include <nlohmann/json.hpp>
#include <random>

#include "rpc/large_calls.h"
#include "tests/support/catch.h"

using rpc::scan_json;

TEST_CASE("what is JSON passes, and nothing else") {
  for (const char* text : {"0", "-0", "12", "-1.5e+3", "1E400000", "true", "false", "null", "\"\"",
                           "\"\\u00e9\\\"\\\\\"", "\"\\ud83d\"", "[]", "{}", " [ 1 , [ ] , { } ] ",
                           "{\"a\":{\"b\":[1,2]},\"a\":1}", "\xef\xbb\xbf[1]", "\"\xc3\xa9\""}) {
    INFO(text);
    CHECK_FALSE(scan_json(text).error);
  }
  for (const char* text : {"",
                           " ",
                           "01",
                           "-",
                           "1.",
                           ".5",
                           "1e",
                           "+1",
                           "tru",
                           "nul",
                           "True",
                           "NaN",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12g4\"",
                           "\"\t\"",
                           "[",
                           "]",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "[1}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{a:1}",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "{1:2}",
                           "1 1",
                           "[] []",
                           "\"\xff\"",
                           "\"\xed\xa0\x80\"",
                           "//",
                           "[1]//"}) {
    INFO(text);
    REQUIRE(scan_json(text).error);
    CHECK(scan_json(text).error->code == rpc::Code::parse_error);
  }
  CHECK(scan_json(std::string_view("1\0", 2)).error);
}

TEST_CASE("the scan and the builder agree on texts that differ from JSON by one byte") {
  const std::string valid =
      R"({"jsonrpc":"2.0","id":[1,-2.5e3,"a\u00e9\n"],"params":{"x":null,"y":[true,false,{}]}} )";
  std::mt19937 random(7);
  const std::string bytes =
      "\"\\[]{}:,0129.eE+-tfn \t\n\x01"
      "a";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = valid;
    for (int changes = 1 + i % 3; changes > 0; --changes) {
      text[random() % text.size()] = bytes[random() % bytes.size()];
    }
    INFO(text);
    const auto scan = scan_json(text);
    if (!scan.error != nlohmann::json::accept(text)) CHECK(false);
  }
}

TEST_CASE("depth and values are bounded, and the elements of an array are counted") {
  CHECK_FALSE(scan_json("[[[1]]]", {.depth = 3}).error);
  CHECK(scan_json("[[[[1]]]]", {.depth = 3}).error->code == rpc::Code::invalid_request);
  CHECK_FALSE(scan_json("[1,{\"a\":2}]", {.values = 4}).error);
  CHECK(scan_json("[1,{\"a\":2}]", {.values = 3}).error->code == rpc::Code::invalid_request);
  CHECK(scan_json(std::string(1'000'000, '[')).error->code == rpc::Code::invalid_request);
  const auto scan = scan_json(" [ 1, \"a]\" ,{\"b\":[2,3]} , [ ] ] ", {.elements = 3});
  REQUIRE_FALSE(scan.error);
  CHECK(scan.array);
  CHECK(scan.count == 4);
  CHECK(scan.elements == std::vector<std::string_view>{"1", "\"a]\"", "{\"b\":[2,3]}"});
  CHECK_FALSE(scan_json("{\"a\":[1]}").array);
}

TEST_CASE("large calls have their turns one after the other, callers in turn") {
  const auto calls = std::make_shared<rpc::LargeCalls>(
      [](const std::string&, base::UniqueFunction<void()> task) { task(); });
  std::string order;
  std::vector<rpc::LargeCalls::Turn> held;
  const auto enter = [&](const std::string& party) {
    auto turn = calls->enter(party, [&order, &held, party](rpc::LargeCalls::Turn mine) {
      order += party;
      held.push_back(std::move(mine));
    });
    if (turn) held.push_back(*std::move(turn));
    return turn.has_value();
  };
  CHECK(enter("a"));
  for (int i = 0; i < 3; ++i) CHECK_FALSE(enter("a"));
  CHECK_FALSE(enter("b"));
  while (!held.empty()) {
    CHECK(held.size() == 1);
    auto turn = std::move(held.front());
    held.clear();
  }
  CHECK(order == "abaa");
  CHECK(enter("c"));
}
